using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace LisaOrleans.Data;

/// <summary>
/// Reads examples from JSON lines, a JSON list, or LMFlow's <c>{"type", "instances"}</c>; which one is told by the
/// content, not by the name. Every error names the file, the line or entry, and the field.
/// </summary>
public static class DatasetReader
{
    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false };

    private static readonly string[] s_lmFlowTypes = ["text_only", "text2text", "conversation"];

    // A byte that is no UTF-8 must not silently become a replacement character that the model would learn.
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true);

    /// <summary>Examples in the order of the file.</summary>
    /// <exception cref="DatasetException">Anything is wrong.</exception>
    public static IEnumerable<Example> Read(string path, DatasetOptions options) => Read(path, options, new FieldPolicy(options));

    internal static IEnumerable<Example> Read(string path, DatasetOptions options, FieldPolicy policy)
    {
        if (!File.Exists(path)) throw new DatasetException($"{path}: no such file; training data is a JSON or JSONL file");
        IDatasetFormat? format = null;
        foreach (var record in Records(path, policy))
        {
            format ??= DatasetFormats.Choose(record, options);
            var example = DatasetFormats.Read(format, record, r => format.Parse(r, options));
            NamedTemplateCheck.Check(record, example, options);
            yield return example;
        }

        if (format is null) throw new DatasetException($"{path}: has no records");
    }

    private static IEnumerable<RecordReader> Records(string path, FieldPolicy policy)
    {
        var firstLine = TextLines(path).FirstOrDefault(l => !string.IsNullOrWhiteSpace(l))
            ?? throw new DatasetException($"{path}: is empty");
        var first = firstLine.TrimStart()[0];
        if (first == '[') return WholeFile(path, policy);
        if (first != '{')
        {
            throw new DatasetException(
                $"{path}: begins with '{first}'; training data is JSON lines or a JSON list (a plain text file becomes one with a {{\"text\": …}} record for each passage)");
        }

        return IsJsonLines(firstLine) ? Lines(path, policy) : WholeFile(path, policy);
    }

    // JSON lines if the first line that is not blank is a whole object which is no LMFlow file.
    private static bool IsJsonLines(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return !document.RootElement.TryGetProperty("instances", out _);
        }
        catch (Exception e) when (IsInvalid(e))
        {
            // An object over several lines breaks after one of these; else it is the broken first line of many.
            return line.TrimEnd()[^1] is not ('{' or '[' or ',' or ':');
        }
    }

    private static IEnumerable<RecordReader> Lines(string path, FieldPolicy policy)
    {
        var number = 0;
        foreach (var line in TextLines(path))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line)) continue;
            using var document = Parse(line, path, $"line {number}");
            yield return new RecordReader(path, $"line {number}", Object(document.RootElement, path, $"line {number}"), policy);
        }
    }

    private static IEnumerable<RecordReader> WholeFile(string path, FieldPolicy policy)
    {
        using var document = Parse(string.Join('\n', TextLines(path)), path, "file");
        var root = document.RootElement;
        if (root.ValueKind == JsonValueKind.Object)
        {
            if (root.TryGetProperty("type", out var type) && !(type.ValueKind == JsonValueKind.String && s_lmFlowTypes.Any(type.ValueEquals)))
                throw new DatasetException($"{path}: field 'type' is {type.GetRawText()}; LMFlow's are {string.Join(", ", s_lmFlowTypes)}");
            root = root.TryGetProperty("instances", out var instances) && instances.ValueKind == JsonValueKind.Array
                ? instances
                : throw new DatasetException($"{path}: a JSON object must have a list 'instances' (LMFlow); else use JSON lines or a list");
        }

        var number = 0;
        foreach (var item in root.EnumerateArray())
        {
            number++;
            yield return new RecordReader(path, $"record {number}", Object(item, path, $"record {number}"), policy);
        }
    }

    private static IEnumerable<string> TextLines(string path)
    {
        using var reader = new StreamReader(path, s_utf8, detectEncodingFromByteOrderMarks: false);
        while (ReadLine(reader, path) is { } line) yield return line;
    }

    private static string? ReadLine(StreamReader reader, string path)
    {
        try
        {
            return reader.ReadLine();
        }
        catch (DecoderFallbackException)
        {
            // The reader decodes ahead. Latin-1 keeps every byte, so the line can be found with it.
            using var bytes = new StreamReader(path, Encoding.Latin1, detectEncodingFromByteOrderMarks: false);
            var number = 1;
            while (bytes.ReadLine() is { } line && Utf8.IsValid(Encoding.Latin1.GetBytes(line))) number++;
            throw new DatasetException($"{path}: line {number}: is not UTF-8 text");
        }
    }

    private static JsonDocument Parse(string json, string path, string place)
    {
        try
        {
            return JsonDocument.Parse(json, s_strict);
        }
        catch (Exception e) when (IsInvalid(e))
        {
            throw new DatasetException($"{path}: {place}: is not valid JSON: {e.Message}");
        }
    }

    // A property name with an escaped half of a surrogate pair is an InvalidOperationException to System.Text.Json.
    private static bool IsInvalid(Exception e) => e is JsonException or InvalidOperationException;

    private static JsonElement Object(JsonElement item, string path, string place) => item.ValueKind == JsonValueKind.Object
        ? item
        : throw new DatasetException($"{path}: {place}: must be a JSON object");
}
