namespace LisaOrleans.EndToEnd;

/// <summary>A tenth of the sample's data, for programs that train on all of it, and more than once.</summary>
internal static class ShortData
{
    /// <summary>Writes the file.</summary>
    /// <param name="folder">Where.</param>
    /// <returns>Its path.</returns>
    public static string Write(TempFolder folder)
    {
        var path = folder["data.jsonl"];
        File.WriteAllLines(path, File.ReadLines(Path.Combine(Repository.Root, "samples", "animals.jsonl")).Take(16));
        return path;
    }
}
