using System.Security.Cryptography;

namespace LisaOrleans;

/// <summary>
/// Files that may be replaced. Changes are noticed by content, so it does not matter whether somebody writes into the files,
/// renames others over them, or mounts a folder of secrets.
/// </summary>
internal sealed class WatchedFiles(params IReadOnlyList<string> paths)
{
    private string _used = Fingerprint(paths);
    private string? _found;
    private string? _refused;

    /// <summary>The files' names, for messages.</summary>
    public string Names => string.Join(" and ", paths);

    /// <summary>Whether the content that they were last found to have could not be used.</summary>
    public bool AreRefused => _found == _refused;

    /// <summary>Whether they are found to have another content than the one in use.</summary>
    public bool HaveChanged() => (_found = Fingerprint(paths)) != _used;

    /// <summary>Whether they have another content than the one in use, and had it when they were last looked at, too.</summary>
    public bool HaveSettled()
    {
        var before = _found;
        return HaveChanged() && _found == before;
    }

    /// <summary>What they were last found to have is in use from now on.</summary>
    public void Use() => (_used, _refused) = (_found!, null);

    /// <summary>What they were last found to have cannot be used now: what is in use stays.</summary>
    /// <returns>Whether that is news of this content.</returns>
    public bool Refuse()
    {
        var isNews = !AreRefused;
        _refused = _found;
        return isNews;
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
