using System.Security.Cryptography;

namespace LisaOrleans;

/// <summary>
/// Files that may be replaced, noticed by what they hold: so it does not matter whether somebody writes into them, renames others
/// over them, or has a folder of secrets mounted.
/// </summary>
internal sealed class WatchedFiles(params IReadOnlyList<string> paths)
{
    private string _seen = Fingerprint(paths);

    /// <summary>The files, for people.</summary>
    public string Names => string.Join(" and ", paths);

    /// <summary>Whether they hold something else than when they were last looked at.</summary>
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
            // A file that is gone or closed to us is another one too; whoever reads it says what is wrong.
            return e.GetType().Name;
        }
    }
}
