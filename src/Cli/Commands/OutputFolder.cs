using LisaOrleans.Checkpoints;

namespace LisaOrleans.Cli;

internal static class OutputFolder
{
    /// <summary>Makes the folder and makes sure that it can be written to, before any work is done.</summary>
    public static string Prepare(string path)
    {
        if (File.Exists(path)) throw new UsageException($"--output: {path} is a file; a folder is needed");
        try
        {
            Directory.CreateDirectory(path);
            var probe = Path.Combine(path, $".write-{Guid.NewGuid():N}");
            File.WriteAllText(probe, "");
            File.Delete(probe);
            return path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--output: {StoreRefusal.Find(e, path)?.Message ?? $"{path} cannot be written to: {e.Message}"}");
        }
    }
}
