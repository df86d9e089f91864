using System.Globalization;

namespace LisaOrleans.Data;

/// <summary>What tokenizer_config.json and its neighbours say about special tokens.</summary>
internal sealed class TokenizerConfig
{
    private readonly Dictionary<string, int> _special = [];

    private TokenizerConfig(string folder)
    {
        JsonField.ReadFile(Path.Combine(folder, "added_tokens.json"), root =>
        {
            foreach (var (name, id) in root.Members()) _special[name] = id.Id();
            return root;
        });
        JsonField.ReadFile(Path.Combine(folder, "special_tokens_map.json"), ReadTokens);
        JsonField.ReadFile(Path.Combine(folder, "tokenizer_config.json"), root =>
        {
            AddBosToken = root.Optional("add_bos_token")?.Flag();
            ReadTokens(root);
            foreach (var (name, token) in root.Optional("added_tokens_decoder")?.Members() ?? [])
            {
                if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                    throw token.Wrong("must have a token id for its name");
                _special[token.Required("content").Text()] = id;
            }

            return root;
        });
    }

    /// <summary>add_bos_token; null where it is not said.</summary>
    public bool? AddBosToken { get; private set; }

    /// <summary>The text of bos_token; null for none.</summary>
    public string? BosToken { get; private set; }

    /// <summary>The text of eos_token; null for none.</summary>
    public string? EosToken { get; private set; }

    /// <summary>Text to id, of added_tokens_decoder and added_tokens.json.</summary>
    public IReadOnlyDictionary<string, int> SpecialTokens => _special;

    public static TokenizerConfig Read(string folder) => new(folder);

    private JsonField ReadTokens(JsonField root)
    {
        BosToken = Token("bos_token") ?? BosToken;
        EosToken = Token("eos_token") ?? EosToken;
        return root;

        // Old files have the text, newer ones an object around it.
        string? Token(string name) => root.Optional(name) is { } token ? (token.IsText ? token : token.Required("content")).Text() : null;
    }
}
