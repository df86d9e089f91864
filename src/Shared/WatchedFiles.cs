using System.Security.Cryptography;

namespace LisaOrleans;

/// <summary>
/// Files that may be replaced. Changes are noticed by content, so it does not matter whether somebody writes into the files,
/// renames others over them, or mounts a folder of secrets.
/// </summary>
internal sealed class WatchedFiles(params IReadOnlyList<string> paths)
{
    private string _seen = Fingerprint(paths);

    /// <summary>The files' names, for messages.</summary>
    public string Names => string.Join(" and ", paths);

    /// <summary>Whether their content has changed since this was last asked.</summary>
    public bool HaveChanged()
    {
        var now = Fingerprint(paths);
        if (now == _seen) return false;
        _seen = now;
        return true;
    }

    private static string Fingerprint(IReadOnlyList<string> paths) => string.Join(' ', paths.Select(Fingerprint));

    private static string Fingerprint(string path)
    {
        try
        {
            return Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A file that is gone or may not be read counts as changed too; whoever reads it says what is wrong.
            return e.GetType().Name;
        }
    }
}
