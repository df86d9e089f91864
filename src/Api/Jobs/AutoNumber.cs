using System.Text.Json;
using System.Text.Json.Serialization;

namespace LisaOrleans.Api;

/// <summary>A number of OpenAI's API that may also be <c>"auto"</c>.</summary>
/// <param name="Value">Null for auto.</param>
[JsonConverter(typeof(Converter))]
public readonly record struct AutoNumber(double? Value)
{
    internal sealed class Converter : JsonConverter<AutoNumber>
    {
        private const string Auto = "auto";

        public override AutoNumber Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
        {
            JsonTokenType.Number when reader.TryGetDouble(out var number) && double.IsFinite(number) => new AutoNumber(number),
            JsonTokenType.String when reader.ValueTextEquals(Auto) => default,
            _ => throw new JsonException($"must be a number or \"{Auto}\""),
        };

        public override void Write(Utf8JsonWriter writer, AutoNumber value, JsonSerializerOptions options)
        {
            if (value.Value is { } number) writer.WriteNumberValue(number);
            else writer.WriteStringValue(Auto);
        }
    }
}
