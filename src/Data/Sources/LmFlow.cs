using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>LMFlow's files: <c>{"type": "text_only", "instances": [ … ]}</c>.</summary>
internal static class LmFlow
{
    public const string Type = "type";
    public const string Instances = "instances";

    private static readonly string[] s_types = ["text_only", "text2text", "conversation"];

    /// <summary>Whether a text that may go on begins as such a file.</summary>
    public static bool IsObject(ReadOnlySpan<byte> text)
    {
        var reader = new Utf8JsonReader(text, isFinalBlock: false, default);
        try
        {
            while (reader.Read())
                if (reader is { TokenType: JsonTokenType.PropertyName, CurrentDepth: 1 } && reader.ValueTextEquals(Instances)) return true;
        }
        catch (Exception e) when (JsonText.IsInvalid(e))
        {
            // The code that reads the whole file reports it, with the place.
        }

        return false;
    }

    public static void CheckType(ref Utf8JsonReader reader, string path)
    {
        var type = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        if (!s_types.Contains(type))
            throw new DatasetException(
                $"{path}: field 'type' is {(type is null ? "null" : $"\"{type}\"")}; LMFlow's are {string.Join(", ", s_types)}");
    }

    public static DatasetException NotOne(string path, string? has = null) => new(
        $"{path}: a JSON object must have a list 'instances' (LMFlow){(has is null ? "" : $", and this has '{has}'")}; else use JSON "
            + $"lines or a list");
}
