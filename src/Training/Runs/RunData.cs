using System.Text.Json;
using System.Text.Json.Serialization;
using LisaOrleans.Checkpoints;
using LisaOrleans.Data;

namespace LisaOrleans.Training;

/// <summary>What a run's data became when it was imported. Its manifests keep it.</summary>
/// <param name="Training">Figures of the data that it trains on.</param>
/// <param name="Validation">Figures of the data that is only scored; null where there is none.</param>
public sealed record RunData(
    [property: JsonPropertyName("training")] DatasetFigures Training,
    [property: JsonPropertyName("validation")] DatasetFigures? Validation)
{
    private const string Property = "data";

    /// <summary>All of it in lines; those of the evaluation data say so.</summary>
    [JsonIgnore]
    public IEnumerable<string> Lines => Training.Lines.Concat(ValidationLines);

    /// <summary>The lines of the evaluation data; none where there is none.</summary>
    [JsonIgnore]
    public IEnumerable<string> ValidationLines => Validation?.Lines.Select(line => $"evaluation data: {line}") ?? [];

    /// <summary>What a manifest says of it; null for a run of an older version.</summary>
    /// <exception cref="InvalidDataFileException">It says something else.</exception>
    public static RunData? Of(Manifest manifest)
    {
        if (!manifest.Properties.TryGetValue(Property, out var json)) return null;
        try
        {
            return JsonSerializer.Deserialize<RunData>(json);
        }
        catch (JsonException e)
        {
            throw new InvalidDataFileException(
                $"manifest of {manifest.Run}", $"field 'Properties.{Property}' holds no figures of data: {JsonFault.Describe(e)}");
        }
    }

    internal void AddTo(Dictionary<string, string> properties) => properties.Add(Property, JsonSerializer.Serialize(this));
}
