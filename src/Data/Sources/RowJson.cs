using System.Collections;
using System.Globalization;
using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>Writes rows of tables as JSON.</summary>
internal static class RowJson
{
    public static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null: json.WriteNullValue(); break;
            case string text: json.WriteStringValue(text); break;
            case ReadOnlyMemory<char> text: json.WriteStringValue(text.Span); break;
            case bool flag: json.WriteBooleanValue(flag); break;
            case double number: WriteNumber(json, number); break;
            case float number: WriteNumber(json, number); break;
            case decimal number: json.WriteNumberValue(number); break;
            case ulong number: json.WriteNumberValue(number); break;
            case long or int or short or sbyte or byte or ushort or uint:
                json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case byte[] or ReadOnlyMemory<byte>: WriteForeign(json, "bytes"); break;
            case IDictionary<string, object> fields: WriteFields(json, fields); break;
            case IEnumerable list: WriteList(json, list); break;
            default: WriteForeign(json, value.GetType().Name); break;
        }
    }

    /// <summary>A value that is neither text nor number: written as an object, so that no format takes it for something else.</summary>
    public static void WriteForeign(Utf8JsonWriter json, string type)
    {
        json.WriteStartObject();
        json.WriteString("value of type", type);
        json.WriteEndObject();
    }

    /// <summary>A float, which templates tell from an integer: a whole one ends in ".0", as in Python.</summary>
    public static void WriteNumber(Utf8JsonWriter json, double value)
    {
        var text = value.ToString(CultureInfo.InvariantCulture);
        if (!double.IsFinite(value)) json.WriteStringValue(text);
        else json.WriteRawValue(text.Contains('.', StringComparison.Ordinal) || text.Contains('E', StringComparison.Ordinal) ? text : $"{text}.0");
    }

    private static void WriteFields(Utf8JsonWriter json, IDictionary<string, object> fields)
    {
        json.WriteStartObject();
        foreach (var (name, value) in fields)
        {
            if (value is null) continue;
            json.WritePropertyName(name);
            Write(json, value);
        }

        json.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter json, IEnumerable list)
    {
        json.WriteStartArray();
        foreach (var item in list) Write(json, item);
        json.WriteEndArray();
    }
}
