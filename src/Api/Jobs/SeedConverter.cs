using System.Text.Json;
using System.Text.Json.Serialization;
using LisaOrleans.Training;

namespace LisaOrleans.Api;

/// <summary>Reads the seed as the table of settings does, with the same error messages.</summary>
internal sealed class SeedConverter : JsonConverter<ulong>
{
    public override ulong Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetUInt64(out var seed)
            ? seed
            : throw new JsonException($"must be {RunSettings.Table.Of(nameof(TrainingSpec.Seed)).Wanted}");

    public override void Write(Utf8JsonWriter writer, ulong value, JsonSerializerOptions options) => writer.WriteNumberValue(value);
}
