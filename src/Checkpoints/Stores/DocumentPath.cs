namespace LisaOrleans.Checkpoints;

/// <summary>What a document's path may be. Paths become names of files or parts of URLs, so every store checks them.</summary>
internal static class DocumentPath
{
    private const int LongestName = 200;

    /// <summary>The names of a path.</summary>
    /// <exception cref="ArgumentException">It is not a document path.</exception>
    public static string[] Split(string path) =>
        IsOne(path) ? path.Split('/') : throw new ArgumentException($"'{path}' is not a document path", nameof(path));

    /// <summary>Whether it is a document path; people may keep other things beside a store's documents.</summary>
    public static bool IsOne(string path) => path.Split('/').All(p => IsName(p));

    /// <summary>Whether a document or a folder of documents may be called so.</summary>
    public static bool IsName(ReadOnlySpan<char> name)
    {
        foreach (var c in name)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-')) return false;
        return name.Length is > 0 and <= LongestName && name[0] != '.';
    }
}
