using System.Text.RegularExpressions;

namespace LisaOrleans.Data;

/// <summary>A byte-pair encoding in Hugging Face's tokenizer.json: of GPT-2's kind (Llama 3, Qwen2) or SentencePiece's (Llama 2, Mistral).</summary>
internal sealed class JsonTokenizer : ITokenizer
{
    private readonly string _file;
    private readonly BpeModel _model;
    private readonly Func<string, string> _normalize;
    private readonly PieceSplitter _split;
    private readonly TokenDecoder _decoder;
    private readonly Dictionary<int, string> _tokens;
    private readonly HashSet<int> _special;
    private readonly SpecialTokenSplitter _ordinary;
    private readonly SpecialTokenSplitter _all;

    private JsonTokenizer(string file, JsonField root, TokenizerConfig config)
    {
        _file = file;
        _model = new BpeModel(root.Required("model"));
        _normalize = TextNormalizers.Read(root.Optional("normalizer"));
        _split = PieceSplitters.Read(root.Optional("pre_tokenizer"));
        _decoder = new TokenDecoder(root.Required("decoder"));
        _tokens = _model.Vocabulary.ToDictionary(t => t.Value, t => t.Key);
        var added = Added(root, config);

        var template = BosOfTemplate(root.Optional("post_processor"));
        BosTokenId = Find("bos_token", template ?? config.BosToken);
        EosTokenId = Find("eos_token", config.EosToken);
        AddBosToken = BosTokenId is not null && (config.AddBosToken ?? template is not null);

        _special = [.. added.Where(t => t.Special).Select(t => t.Id)];
        foreach (var id in (int?[])[BosTokenId, EosTokenId]) if (id is { } end) _special.Add(end);
        _ordinary = new SpecialTokenSplitter(added.Where(t => !_special.Contains(t.Id)).ToDictionary(t => t.Content, t => t.Id));
        _all = new SpecialTokenSplitter(_special.Select(id => (_tokens[id], id)).Concat(added.Select(t => (t.Content, t.Id))).Distinct().ToDictionary());
        VocabularySize = _tokens.Keys.Max() + 1;

        int? Find(string name, string? text) => text is null ? null
            : added.FirstOrDefault(t => t.Content == text)?.Id
            ?? (_model.Vocabulary.TryGetValue(text, out var id) ? id : throw root.Wrong($"has no token '{text}', the {name} of tokenizer_config.json"));
    }

    public int VocabularySize { get; }

    public int? BosTokenId { get; }

    public int? EosTokenId { get; }

    public bool AddBosToken { get; }

    public static JsonTokenizer? Load(string path, TokenizerConfig config) => JsonField.ReadFile(path, root => new JsonTokenizer(path, root, config));

    public int[] Encode(string text) => _ordinary.Encode(text, Pieces);

    public int[] EncodeWithSpecialTokens(string text) => _all.Encode(text, Pieces);

    public TokenizedText EncodeWithOffsets(string text) => _all.EncodeWithOffsets(text, Pieces, Decode);

    public string Decode(IReadOnlyList<int> ids) =>
        _decoder.Decode(ids.Where(id => !_special.Contains(id)).Select(id => _tokens.GetValueOrDefault(id, "")));

    private int[] Pieces(string text, int at)
    {
        if (text.Length == 0) return [];
        var ids = new List<int>();
        try
        {
            foreach (var piece in _split(_normalize(text), at == 0)) _model.Encode(piece, ids);
        }
        catch (Exception e) when (e is InvalidDataException or RegexMatchTimeoutException)
        {
            throw new TokenizerException(_file, e.Message);
        }

        return [.. ids];
    }

    private List<AddedToken> Added(JsonField root, TokenizerConfig config)
    {
        var added = new List<AddedToken>();
        foreach (var field in root.Optional("added_tokens")?.Items() ?? [])
        {
            var token = AddedToken.Read(field);
            if (_tokens.TryGetValue(token.Id, out var other) ? other != token.Content : _model.Vocabulary.ContainsKey(token.Content))
                throw field.Wrong($"gives id {token.Id} to '{token.Content}', which model.vocab says otherwise");
            if (added.Exists(t => t.Content == token.Content)) throw field.Wrong($"has '{token.Content}' twice");
            _tokens[token.Id] = token.Content;
            added.Add(token);
        }

        // What only tokenizer_config.json knows is added, as Hugging Face does.
        foreach (var (content, id) in config.SpecialTokens)
        {
            if (added.Exists(t => t.Content == content) || _model.Vocabulary.ContainsKey(content) || !_tokens.TryAdd(id, content)) continue;
            added.Add(new AddedToken(content, id, true));
        }

        return added;
    }

    // A template that begins with a special token begins sequences with it.
    private static string? BosOfTemplate(JsonField? field)
    {
        if (field is null) return null;
        var type = field.Required("type");
        return type.Text() switch
        {
            "ByteLevel" => null,
            "Sequence" => field.Required("processors").Items().Select(BosOfTemplate).FirstOrDefault(t => t is not null),
            "TemplateProcessing" => field.Required("single").Items().FirstOrDefault()?.Optional("SpecialToken")?.Required("id").Text(),
            var other => throw type.Unsupported(other, "ByteLevel", "Sequence", "TemplateProcessing"),
        };
    }
}
