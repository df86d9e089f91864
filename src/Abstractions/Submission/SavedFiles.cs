using System.Text.Json;

namespace LisaOrleans;

/// <summary>What save_to_disk writes beside a data set's files: load_from_disk reads those that state.json names, and no others.</summary>
internal static class SavedFiles
{
    public const string State = "state.json";

    /// <summary>The names of a folder's files that are data; null where nothing says it.</summary>
    /// <exception cref="InvalidTrainingInputException">One is not there.</exception>
    public static IReadOnlySet<string>? Of(string folder)
    {
        var path = Path.Combine(folder, State);
        if (!File.Exists(path)) return null;
        try
        {
            using var state = JsonDocument.Parse(File.ReadAllBytes(path));
            if (state.RootElement.ValueKind != JsonValueKind.Object || !state.RootElement.TryGetProperty("_data_files", out var files)
                || files.ValueKind != JsonValueKind.Array)
                return null;
            var names = files.EnumerateArray().Select(f => Path.GetFileName(f.GetProperty("filename").GetString()!)).ToHashSet();
            return names.FirstOrDefault(n => !File.Exists(Path.Combine(folder, n))) is { } missing
                ? throw new InvalidTrainingInputException($"{path}: names {missing}, which is not there")
                : names;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or ArgumentNullException)
        {
            // Other programs' states.
            return null;
        }
    }

    /// <summary>Whether it is what map and its like keep of their results beside the data: <c>cache-0123456789abcdef.arrow</c>.</summary>
    public static bool IsCache(string name) =>
        name.StartsWith("cache-", StringComparison.Ordinal) && name.EndsWith(".arrow", StringComparison.Ordinal);
}
