using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>The splits of a folder that DatasetDict.save_to_disk wrote: the folders in it are called as they are.</summary>
internal static class SavedSplits
{
    /// <summary>Their names; none for another folder.</summary>
    /// <exception cref="DatasetException">They cannot be read.</exception>
    public static HashSet<string> Of(string folder)
    {
        var path = Path.Combine(folder, DataSourcePaths.Splits);
        if (!File.Exists(path)) return [];
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return [.. document.RootElement.GetProperty("splits").EnumerateArray().Select(s => s.GetString()!)];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new DatasetException($"{path}: has no list 'splits'; fetch it again, or name the files to be read");
        }
    }
}
