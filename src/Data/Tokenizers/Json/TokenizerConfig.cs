using System.Globalization;

namespace LisaOrleans.Data;

/// <summary>What tokenizer_config.json and its neighbours say about added and special tokens.</summary>
internal sealed class TokenizerConfig
{
    private static readonly string[] s_names =
        ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    private readonly SortedDictionary<int, AddedToken> _added = [];
    private readonly Dictionary<string, AddedToken> _decoder = [];
    private readonly Dictionary<string, AddedToken> _named = [];
    private readonly Dictionary<string, string> _roles = [];

    private TokenizerConfig(string folder)
    {
        JsonField.ReadFile(Path.Combine(folder, "special_tokens_map.json"), ReadNames);
        JsonField.ReadFile(Path.Combine(folder, "tokenizer_config.json"), root =>
        {
            AddBosToken = root.Optional("add_bos_token")?.Flag();
            Legacy = root.Optional("legacy")?.Flag() ?? true;
            TokenizerClass = root.Optional("tokenizer_class")?.Text();
            ReadNames(root);
            foreach (var (name, token) in root.Optional("added_tokens_decoder")?.Members() ?? [])
            {
                if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var id) || id >= JsonField.LargestId)
                    throw token.Wrong($"must have a token id below {JsonField.LargestId} for its name");
                _added[id] = AddedToken.Read(token, id);
            }

            foreach (var token in _added.Values) _decoder[token.Content] = token;
            return root;
        });
        JsonField.ReadFile(Path.Combine(folder, "added_tokens.json"), root =>
        {
            foreach (var (name, field) in root.Members())
            {
                if (name.Length == 0) throw field.Wrong("has no text");
                var special = _named.ContainsKey(name);
                _added.TryAdd(field.Id(), new AddedToken(name, field.Id(), special) { Normalized = !special });
            }

            return root;
        });
    }

    /// <summary>add_bos_token; null where it is not stated.</summary>
    public bool? AddBosToken { get; private set; }

    /// <summary>legacy: whether SentencePiece puts a space before the text after a special token, too.</summary>
    public bool Legacy { get; private set; } = true;

    /// <summary>tokenizer_class; null where it is not stated.</summary>
    public string? TokenizerClass { get; private set; }

    /// <summary>The text of bos_token; null for none.</summary>
    public string? BosToken => _roles.GetValueOrDefault("bos_token");

    /// <summary>The text of eos_token; null for none.</summary>
    public string? EosToken => _roles.GetValueOrDefault("eos_token");

    public static TokenizerConfig Read(string folder) => new(folder);

    /// <summary>
    /// All added tokens: those of tokenizer.json, then those that only the other files give an id, then special tokens that the
    /// vocabulary has.
    /// </summary>
    /// <param name="known">Those of tokenizer.json.</param>
    /// <param name="vocabulary">Ids by text.</param>
    public List<AddedToken> Added(IReadOnlyList<AddedToken> known, IReadOnlyDictionary<string, int> vocabulary)
    {
        var all = known.Select(Found).ToList();
        var texts = known.Select(t => t.Content).ToHashSet();
        var ids = known.Select(t => t.Id).Concat(vocabulary.Values).ToHashSet();
        foreach (var token in _added.Values)
        {
            // As in Hugging Face, tokenizer.json and the vocabulary take precedence.
            if (vocabulary.TryGetValue(token.Content, out var id) ? id != token.Id : !ids.Add(token.Id)) continue;
            if (texts.Add(token.Content)) all.Add(token);
        }

        foreach (var (text, token) in _named)
            if (vocabulary.TryGetValue(text, out var id) && texts.Add(text)) all.Add(token with { Id = id });
        return all;
    }

    // transformers adds those of added_tokens_decoder once more, so that decides how a token is found in a text; its id stays.
    private AddedToken Found(AddedToken token) => _decoder.TryGetValue(token.Content, out var other)
        ? token with { SingleWord = other.SingleWord, StripsLeft = other.StripsLeft, StripsRight = other.StripsRight }
        : token;

    private JsonField ReadNames(JsonField root)
    {
        foreach (var name in s_names)
            if (root.Optional(name) is { } field) _roles[name] = Name(field);
        if (root.Optional("additional_special_tokens") is { IsList: true } more) foreach (var item in more.Items()) Name(item);
        return root;
    }

    // Old files have the text, newer ones an object around it.
    private string Name(JsonField field)
    {
        if (!field.IsText)
        {
            var token = AddedToken.Read(field, 0) with { Special = true };
            _named[token.Content] = token;
            return token.Content;
        }

        if (field.Text().Length > 0) _named.TryAdd(field.Text(), new AddedToken(field.Text(), 0, true));
        return field.Text();
    }
}
