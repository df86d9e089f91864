using System.Text;
using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>
/// Reads examples from JSON lines, a JSON list, or LMFlow's <c>{"type", "instances"}</c>; which one is told by the
/// content, not by the name. Every error names the file, the line or entry, and the field.
/// </summary>
public static class DatasetReader
{
    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false };

    /// <summary>Examples in the order of the file.</summary>
    /// <exception cref="DatasetException">Anything is wrong.</exception>
    public static IEnumerable<Example> Read(string path, DatasetOptions options)
    {
        if (!File.Exists(path)) throw new DatasetException($"{path}: no such file; training data is a JSON or JSONL file");
        IDatasetFormat? format = null;
        foreach (var record in Records(path))
        {
            format ??= DatasetFormats.Choose(record, options);
            yield return format.Parse(record, options);
        }

        if (format is null) throw new DatasetException($"{path}: has no records");
    }

    private static IEnumerable<RecordReader> Records(string path)
    {
        using var stream = File.OpenRead(path);
        using var reader = new StreamReader(stream, new UTF8Encoding(false, throwOnInvalidBytes: true));
        var first = FirstCharacter(path, reader);
        if (first == '[') return WholeFile(path);
        if (first != '{')
        {
            throw new DatasetException(
                $"{path}: begins with '{first}'; training data is JSON lines or a JSON list (a plain text file becomes one with a {{\"text\": …}} record for each passage)");
        }

        return IsJsonLines(path) ? Lines(path) : WholeFile(path);
    }

    private static char FirstCharacter(string path, StreamReader reader)
    {
        int c;
        try
        {
            do c = reader.Read();
            while (c >= 0 && char.IsWhiteSpace((char)c));
        }
        catch (DecoderFallbackException)
        {
            throw new DatasetException($"{path}: is not UTF-8 text");
        }

        return c < 0 ? throw new DatasetException($"{path}: is empty") : (char)c;
    }

    // JSON lines if the first line that is not blank is a whole object which is no LMFlow file.
    private static bool IsJsonLines(string path)
    {
        var line = File.ReadLines(path).First(l => !string.IsNullOrWhiteSpace(l));
        try
        {
            using var document = JsonDocument.Parse(line);
            return !document.RootElement.TryGetProperty("instances", out _);
        }
        catch (JsonException)
        {
            // A broken first line of many is reported with its number; an object over several lines is read whole.
            return line.TrimEnd().EndsWith('}') || File.ReadLines(path).Skip(1).Any(l => l.StartsWith('{'));
        }
    }

    private static IEnumerable<RecordReader> Lines(string path)
    {
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line)) continue;
            using var document = Parse(line, path, $"line {number}");
            yield return new RecordReader(path, $"line {number}", Object(document.RootElement, path, $"line {number}"));
        }
    }

    private static IEnumerable<RecordReader> WholeFile(string path)
    {
        using var document = Parse(File.ReadAllText(path), path, "file");
        var root = document.RootElement;
        if (root.ValueKind == JsonValueKind.Object)
        {
            root = root.TryGetProperty("instances", out var instances) && instances.ValueKind == JsonValueKind.Array
                ? instances
                : throw new DatasetException($"{path}: a JSON object must have a list 'instances' (LMFlow); else use JSON lines or a list");
        }

        var number = 0;
        foreach (var item in root.EnumerateArray())
        {
            number++;
            yield return new RecordReader(path, $"record {number}", Object(item, path, $"record {number}"));
        }
    }

    private static JsonDocument Parse(string json, string path, string place)
    {
        try
        {
            return JsonDocument.Parse(json, s_strict);
        }
        catch (JsonException e)
        {
            throw new DatasetException($"{path}: {place}: is not valid JSON: {e.Message}");
        }
    }

    private static JsonElement Object(JsonElement item, string path, string place) => item.ValueKind == JsonValueKind.Object
        ? item
        : throw new DatasetException($"{path}: {place}: must be a JSON object");
}
