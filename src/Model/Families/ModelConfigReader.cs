using System.Text.Json;

namespace LisaOrleans.Model;

/// <summary>Reads Hugging Face's config.json, by the family that its model_type names.</summary>
public static class ModelConfigReader
{
    internal const string TextConfig = "text_config";

    /// <summary>Reads a file.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="ofRun">As <see cref="Parse"/> has it.</param>
    /// <exception cref="ModelConfigException">It is missing or wrong.</exception>
    public static ModelConfig ReadFile(string path, bool ofRun = false)
    {
        if (!File.Exists(path))
            throw new ModelConfigException(path, "no such file; a Hugging Face model folder has a config.json");

        return Parse(File.ReadAllText(path), path, ofRun);
    }

    /// <summary>Reads a text.</summary>
    /// <param name="json">The content of a config.json.</param>
    /// <param name="file">Its name in messages.</param>
    /// <param name="ofRun">Whether a run has begun with it, perhaps by an older build that refused less. Default false.</param>
    /// <exception cref="ModelConfigException">It is wrong.</exception>
    public static ModelConfig Parse(string json, string file, bool ofRun = false)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new ModelConfigException(file, "must be a JSON object");

            return Read(document.RootElement, file, ofRun);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: an escaped half of a surrogate pair.
            throw new ModelConfigException(file, JsonFault.Describe(e));
        }
    }

    private static ModelConfig Read(JsonElement root, string file, bool ofRun)
    {
        var type = TypeOf(root) ?? throw new ModelConfigException(file, $"field 'model_type' must be one of {ModelFamilies.Names}");
        if (ModelFamilies.All.FirstOrDefault(f => f.ModelType == type) is { } family) return Read(family, file, root, null, ofRun);

        // A multimodal model: only its text model is read.
        var wrapped = ModelFamilies.All.Where(f => f.Wrappers.Contains(type)).ToArray();
        if (wrapped.Length == 0)
            throw new ModelConfigException(file, $"field 'model_type' is '{type}'; supported are {ModelFamilies.Names}");
        if (!root.TryGetProperty(TextConfig, out var text) || text.ValueKind != JsonValueKind.Object)
            throw new ModelConfigException(file, $"field '{TextConfig}' must be an object in a model of type '{type}'");

        // Where the text model states no type, it is of the family that was first wrapped this way.
        var inner = TypeOf(text) is not { } textType ? wrapped[0] : wrapped.FirstOrDefault(f => f.ModelType == textType)
            ?? throw new ModelConfigException(
                file,
                $"field '{TextConfig}.model_type' is '{textType}'; in a model of type '{type}' supported are "
                + string.Join(", ", wrapped.Select(f => f.ModelType)));
        return Read(inner, file, text, root, ofRun);
    }

    private static ModelConfig Read(ModelFamily family, string file, JsonElement fields, JsonElement? whole, bool ofRun)
    {
        var json = Fields(family);
        var config = family.Read(json);
        UnreadFields.Check(json, name => [.. ModelFamilies.All.Where(f => Reads(f, name)).Select(f => f.ModelType)]);
        return config;

        ConfigFields Fields(ModelFamily of) => new(file, of.ModelType, fields, whole) { IsOfRun = ofRun };

        bool Reads(ModelFamily other, string name)
        {
            // One head divides any number of heads, so a missing count does not stop the other family from reading on.
            var read = Fields(other).WithDefaults(("num_key_value_heads", 1));
            try
            {
                other.Read(read);
            }
            catch (ModelConfigException)
            {
                // Another family may need fields that are not here; what it read until then counts.
            }

            return read.WasRead(name);
        }
    }

    private static string? TypeOf(JsonElement fields) =>
        fields.TryGetProperty("model_type", out var type) && type.ValueKind == JsonValueKind.String ? type.GetString() : null;
}
