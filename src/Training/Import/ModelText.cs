using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Data;

namespace LisaOrleans.Training;

/// <summary>What turns text into a model's tokens and back, and tells where its answers end.</summary>
/// <param name="Tokenizer">The tokenizer.</param>
/// <param name="Template">The folder's own chat template; null where it has none.</param>
/// <param name="EndIds">Ids that end a generation, as generation_config.json, beside config.json, names them.</param>
public sealed record ModelText(ITokenizer Tokenizer, FolderChatTemplate? Template, IReadOnlyList<int> EndIds)
{
    /// <summary>Reads a Hugging Face folder; weights are not needed.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="now">The time that its template takes as the present.</param>
    /// <exception cref="TokenizerException">The tokenizer cannot be read.</exception>
    /// <exception cref="InvalidDataFileException">generation_config.json is wrong.</exception>
    public static ModelText Load(string folder, DateTimeOffset now) => Load(new AdaptedText(folder), now);

    /// <summary>Reads that of a model with an adapter.</summary>
    /// <param name="text">Where it comes from.</param>
    /// <param name="now">The time that its template takes as the present.</param>
    /// <exception cref="TokenizerException">The tokenizer cannot be read.</exception>
    /// <exception cref="InvalidDataFileException">generation_config.json is wrong.</exception>
    public static ModelText Load(AdaptedText text, DateTimeOffset now) => new(
        TokenizerLoader.Load(text.TokenizerFolder, text.OfModel),
        FolderChatTemplate.Load(text.TemplateFolder, now, text.TokenizerFolder, text.OfModel),
        ReadEndIds(text.PathOf(ModelFileNames.GenerationConfig)));

    /// <summary>The encoder that writes prompts and knows what ends an answer.</summary>
    /// <param name="template">One of <see cref="ChatTemplates.Names"/>.</param>
    public SampleEncoder Encoder(string template) => new(Tokenizer, new DatasetSettings { Template = template }, Template);

    /// <summary>All ids that end an answer to a prompt of this encoder.</summary>
    public IReadOnlyList<int> StopIds(EndOfTurn end) => [.. EndIds, .. ((int?[])[Tokenizer.EosTokenId, end.TokenId]).OfType<int>()];

    private static int[] ReadEndIds(string file)
    {
        if (!File.Exists(file)) return [];
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("eos_token_id", out var value)
                ? value.ValueKind switch
                {
                    JsonValueKind.Null => [],
                    JsonValueKind.Array => [.. value.EnumerateArray().Select(Id)],
                    _ => [Id(value)],
                }
                : [];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: an escaped half of a surrogate pair.
            throw new InvalidDataFileException(file, JsonFault.Describe(e));
        }

        int Id(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var id)
            ? id
            : throw new InvalidDataFileException(file, "field 'eos_token_id' must be a token id or a list of them");
    }
}
