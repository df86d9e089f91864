using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>What tokenizer_config.json and its neighbours say about special tokens.</summary>
/// <param name="AddBosToken">add_bos_token.</param>
/// <param name="SpecialTokens">Text to id, of added_tokens_decoder and added_tokens.json.</param>
internal sealed record TokenizerConfig(bool AddBosToken, IReadOnlyDictionary<string, int> SpecialTokens)
{
    public static TokenizerConfig Read(string folder)
    {
        var special = new Dictionary<string, int>();
        var addBos = true;
        ReadFile(Path.Combine(folder, "added_tokens.json"), (file, root) =>
        {
            foreach (var token in root.EnumerateObject()) special[token.Name] = Id(file, token.Name, token.Value);
        });
        ReadFile(Path.Combine(folder, "tokenizer_config.json"), (file, root) =>
        {
            if (root.TryGetProperty("add_bos_token", out var add) && add.ValueKind != JsonValueKind.Null)
            {
                addBos = add.ValueKind is JsonValueKind.True or JsonValueKind.False
                    ? add.GetBoolean()
                    : throw new TokenizerException(file, "field 'add_bos_token' must be true or false");
            }

            if (!root.TryGetProperty("added_tokens_decoder", out var added)) return;
            if (added.ValueKind != JsonValueKind.Object) throw new TokenizerException(file, "field 'added_tokens_decoder' must be an object");
            foreach (var token in added.EnumerateObject())
            {
                if (!int.TryParse(token.Name, System.Globalization.CultureInfo.InvariantCulture, out var id) || id < 0
                    || token.Value.ValueKind != JsonValueKind.Object
                    || !token.Value.TryGetProperty("content", out var content) || content.ValueKind != JsonValueKind.String)
                {
                    throw new TokenizerException(file, $"field 'added_tokens_decoder.{token.Name}' must be an id with an object that has 'content'");
                }

                special[content.GetString()!] = id;
            }
        });
        return new TokenizerConfig(addBos, special);
    }

    private static int Id(string file, string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var id) && id >= 0
            ? id
            : throw new TokenizerException(file, $"field '{name}' must be a token id");

    private static void ReadFile(string path, Action<string, JsonElement> read)
    {
        if (!File.Exists(path)) return;
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw new TokenizerException(path, "must be a JSON object");
            read(path, document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: an escaped half of a surrogate pair.
            throw new TokenizerException(path, $"is not valid JSON: {e.Message}");
        }
    }
}
