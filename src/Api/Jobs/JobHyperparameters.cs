using System.Text.Json;
using System.Text.Json.Serialization;

namespace LisaOrleans.Api;

/// <summary>
/// A run's settings, with the names from the settings file of <c>lisa train</c>. Settings that are left out have their
/// defaults.
/// </summary>
/// <param name="Values">The values by name; <see cref="TrainingSettings"/> lists the names.</param>
[JsonConverter(typeof(Converter))]
public sealed record JobHyperparameters(IReadOnlyDictionary<string, JsonElement> Values)
{
    /// <summary>All defaults.</summary>
    internal static JobHyperparameters None { get; } = new(new Dictionary<string, JsonElement>());

    internal sealed class Converter : JsonConverter<JobHyperparameters>
    {
        public override JobHyperparameters Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(ref reader, options)!);

        public override void Write(Utf8JsonWriter writer, JobHyperparameters value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value.Values, options);
    }
}
