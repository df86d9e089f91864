using System.Text.Json;
using System.Text.Unicode;

namespace LisaOrleans.Data;

/// <summary>What the readers of JSON have in common.</summary>
internal static class JsonText
{
    /// <summary>JSON inside a text, and lines, are held to the same rules as a record itself.</summary>
    public static JsonDocumentOptions Strict { get; } = new() { AllowDuplicateProperties = false };

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    public static ReadOnlySpan<byte> SkipMark(ReadOnlySpan<byte> text) => text.StartsWith(ByteOrderMark) ? text[ByteOrderMark.Length..] : text;

    /// <summary>A record's object.</summary>
    /// <exception cref="DatasetException">It is not an object.</exception>
    public static JsonDocument Parse(RawRecord record)
    {
        // A byte that is no UTF-8 must not silently become a replacement character that the model would learn.
        if (!Utf8.IsValid(record.Json.Span)) throw record.Wrong("is not UTF-8 text");
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(record.Json, Strict);
        }
        catch (Exception e) when (IsInvalid(e))
        {
            throw record.Wrong(e);
        }

        if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
        document.Dispose();
        throw record.Wrong("must be a JSON object");
    }

    /// <summary>
    /// Whether a line is a whole object that is not an LMFlow file, or the broken first line of JSON lines; false where it is
    /// neither.
    /// </summary>
    public static bool IsFirstOfLines(ReadOnlySpan<byte> line)
    {
        line = line.Trim(" \t\r"u8);
        if (line.IsEmpty || line[0] != '{') return false;
        try
        {
            using var document = JsonDocument.Parse(line.ToArray());
            return !document.RootElement.TryGetProperty("instances", out _);
        }
        catch (Exception e) when (IsInvalid(e))
        {
            // An object over several lines breaks after one of these; otherwise it is a broken first line of JSON lines.
            return line[^1] is not ((byte)'{' or (byte)'[' or (byte)',' or (byte)':');
        }
    }

    // A property name with an escaped half of a surrogate pair is an InvalidOperationException to System.Text.Json.
    public static bool IsInvalid(Exception e) => e is JsonException or InvalidOperationException;
}
