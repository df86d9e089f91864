using System.Globalization;

namespace LisaOrleans.Data;

/// <summary>What tokenizer_config.json and its neighbours say about added and special tokens.</summary>
internal sealed class TokenizerConfig
{
    private static readonly string[] s_names =
        ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    private readonly SortedDictionary<int, AddedToken> _added = [];
    private readonly Dictionary<string, AddedToken> _decoder = [];

    // Null where a file says that there is none.
    private readonly Dictionary<string, AddedToken?> _roles = [];
    private readonly Func<string, string> _ofModel;
    private List<AddedToken>? _more;
    private bool _addPrefixSpace;

    private TokenizerConfig(string folder, Func<string, string> ofModel)
    {
        _ofModel = ofModel;
        var isOlder = true;
        JsonField.ReadFile(Path.Combine(folder, "tokenizer_config.json"), root =>
        {
            AddBosToken = root.Optional("add_bos_token")?.Flag();
            _addPrefixSpace = root.Optional("add_prefix_space")?.Flag() ?? false;
            Legacy = root.Optional("legacy")?.Flag() ?? true;
            TokenizerClass = root.Optional("tokenizer_class")?.Text();
            ReadNames(root, _ => true);
            isOlder = root.Optional("added_tokens_decoder") is null;
            foreach (var (name, token) in root.Optional("added_tokens_decoder")?.Members() ?? [])
            {
                if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var id) || id >= JsonField.LargestId)
                    throw token.Wrong($"must have a token id below {JsonField.LargestId} for its name");
                _added[id] = AddedToken.Read(token, id);
            }

            foreach (var token in _added.Values) _decoder[token.Content] = token;
            return root;
        });

        // As in transformers: in folders that are older than added_tokens_decoder it has the last word, in others none.
        JsonField.ReadFile(
            Path.Combine(folder, "special_tokens_map.json"), root => ReadNames(root, name => isOlder || TextOf(name) is { Length: 0 }));
        Class = TokenizerClass;
        if (Class is null) JsonField.ReadFile(ofModel(ModelFileNames.Config), ReadClass);
        JsonField.ReadFile(Path.Combine(folder, "added_tokens.json"), root =>
        {
            var named = Named();
            foreach (var (name, field) in root.Members())
            {
                if (name.Length == 0) throw field.Wrong("has no text");
                var special = named.ContainsKey(name);
                _added.TryAdd(field.Id(), new AddedToken(name, field.Id(), special) { Normalized = !special });
            }

            return root;
        });
    }

    /// <summary>add_bos_token; null where it is not stated.</summary>
    public bool? AddBosToken { get; private set; }

    /// <summary>
    /// Whether a pre-tokenizer of bytes puts a space before a text, whatever tokenizer.json says; null where the class leaves that to
    /// tokenizer.json.
    /// </summary>
    public bool? AddPrefixSpace => TokenizerClasses.SetsPrefixSpace(Class) ? _addPrefixSpace : null;

    /// <summary>legacy: whether SentencePiece puts a space before the text after a special token, too.</summary>
    public bool Legacy { get; private set; } = true;

    /// <summary>tokenizer_class; null where it is not stated.</summary>
    public string? TokenizerClass { get; private set; }

    /// <summary>The class of the tokenizer, which config.json says where tokenizer_class is not stated; null where it is not known.</summary>
    public string? Class { get; private set; }

    /// <summary>The special tokens by their roles, as the files name them, else as the class has them.</summary>
    public IEnumerable<KeyValuePair<string, string>> SpecialTokens =>
        from name in s_names
        let text = TextOf(name) ?? Usual(name)
        where text is not null
        select KeyValuePair.Create(name, text);

    /// <summary>additional_special_tokens; null where they are not stated.</summary>
    public IReadOnlyList<string>? MoreTokens => _more?.ConvertAll(t => t.Content);

    /// <summary>The text that a file gives bos_token; null for none.</summary>
    public string? BosToken => TextOf("bos_token");

    /// <summary>The text that a file gives eos_token; null for none.</summary>
    public string? EosToken => TextOf("eos_token");

    /// <summary>Reads them.</summary>
    /// <param name="folder">The tokenizer's folder.</param>
    /// <param name="ofModel">
    /// The paths of the model's config.json and generation_config.json, which say what the tokenizer's own files leave out; null (default)
    /// for the same folder.
    /// </param>
    public static TokenizerConfig Read(string folder, Func<string, string>? ofModel = null) =>
        new(folder, ofModel ?? (name => Path.Combine(folder, name)));

    /// <summary>The same with another class.</summary>
    /// <param name="name">The class.</param>
    public TokenizerConfig As(string name)
    {
        var other = (TokenizerConfig)MemberwiseClone();
        other.Class = name;
        return other;
    }

    /// <summary>The text that the class gives a role which no file mentions; null for none. The tokenizer may have no such token.</summary>
    /// <param name="role">Such as eos_token.</param>
    public string? Usual(string role) => _roles.ContainsKey(role) ? null : TokenizerClasses.Token(Class, role);

    /// <summary>
    /// The added token that ends a text by config.json or generation_config.json; null for none, and where the tokenizer's own files
    /// mention eos_token.
    /// </summary>
    /// <param name="added">The added tokens.</param>
    public int? ModelsEnd(IReadOnlyList<AddedToken> added)
    {
        if (_roles.ContainsKey("eos_token")) return null;
        string[] files = [ModelFileNames.Config, ModelFileNames.GenerationConfig];
        return files.SelectMany(f => JsonField.ReadFile(_ofModel(f), EndIds) ?? [])
            .Select(id => (int?)id).FirstOrDefault(id => added.Any(t => t.Id == id));
    }

    /// <summary>
    /// All added tokens: those of tokenizer.json, then those that only the other files give an id, then special tokens that the
    /// vocabulary has.
    /// </summary>
    /// <param name="known">Those of tokenizer.json.</param>
    /// <param name="vocabulary">Ids by text.</param>
    public List<AddedToken> Added(IReadOnlyList<AddedToken> known, IReadOnlyDictionary<string, int> vocabulary)
    {
        var named = Named();
        var all = known.SelectMany(t => Found(t, named.ContainsKey(t.Content))).ToList();
        var texts = known.Select(t => t.Content).ToHashSet();
        var ids = known.Select(t => t.Id).Concat(vocabulary.Values).ToHashSet();
        foreach (var token in _added.Values)
        {
            // As in Hugging Face, tokenizer.json and the vocabulary take precedence.
            if (vocabulary.TryGetValue(token.Content, out var id) ? id != token.Id : !ids.Add(token.Id)) continue;
            if (texts.Add(token.Content)) all.Add(token with { Special = token.Special || named.ContainsKey(token.Content) });
        }

        foreach (var (text, token) in named)
            if (vocabulary.TryGetValue(text, out var id) && texts.Add(text)) all.Add(token with { Id = id });
        return all;
    }

    // transformers adds those of added_tokens_decoder once more, so that decides how a token is found in a text; its id stays, and a
    // token that was special stays so. One that was not is then searched for as both files say.
    private IEnumerable<AddedToken> Found(AddedToken token, bool isNamed)
    {
        var other = _decoder.GetValueOrDefault(token.Content, token);
        var found = token with
        {
            SingleWord = other.SingleWord,
            StripsLeft = other.StripsLeft,
            StripsRight = other.StripsRight,
            Special = token.Special || other.Special || isNamed,
        };
        yield return found;
        if (!token.Special && other.Normalized != token.Normalized) yield return found with { Normalized = other.Normalized };
    }

    // Special tokens by their texts, as the files name them and then as the class has them.
    private Dictionary<string, AddedToken> Named()
    {
        var named = new Dictionary<string, AddedToken>();
        foreach (var token in _roles.Values.OfType<AddedToken>().Concat(_more ?? []).Where(t => t.Content.Length > 0))
            if (!named.TryAdd(token.Content, token) && token != Plain(token.Content)) named[token.Content] = token;
        foreach (var text in s_names.Select(Usual).OfType<string>()) named.TryAdd(text, Plain(text));
        return named;
    }

    private JsonField ReadClass(JsonField config)
    {
        if (config.Optional("tokenizer_class") is { IsText: true } name) Class = name.Text();
        else if (config.Optional("model_type") is { IsText: true } type) Class = TokenizerClasses.OfModel(type.Text());
        return config;
    }

    private static List<int> EndIds(JsonField config) => config.Optional("eos_token_id") is not { } field ? []
        : field.IsList ? [.. field.Items().Select(i => i.Id())]
        : [field.Id()];

    // An empty text takes no other's place.
    private JsonField ReadNames(JsonField root, Func<string, bool> isOpen)
    {
        foreach (var name in s_names.Where(isOpen))
        {
            if (root.Optional(name) is { } field && Token(field) is var token && (token.Content.Length > 0 || TextOf(name) is null))
                _roles[name] = token;
            else if (root.IsNull(name)) _roles[name] = null;
        }

        if (isOpen("additional_special_tokens") && root.Optional("additional_special_tokens") is { IsList: true } more)
            _more = [.. (_more ?? []).UnionBy(more.Items().Select(Token), t => t.Content)];
        return root;
    }

    private string? TextOf(string role) => _roles.GetValueOrDefault(role)?.Content;

    // Old files have the text, newer ones an object around it.
    private static AddedToken Token(JsonField field) =>
        field.IsText ? Plain(field.Text()) : AddedToken.Read(field, 0) with { Special = true };

    private static AddedToken Plain(string text) => new(text, 0, true);
}
