namespace LisaOrleans.Checkpoints;

/// <summary>What a document's path may be. Paths become names of files or parts of URLs, so every store checks them.</summary>
internal static class DocumentPath
{
    /// <summary>The names of a path.</summary>
    /// <exception cref="ArgumentException">It is not a document path.</exception>
    public static string[] Split(string path)
    {
        var parts = path.Split('/');
        return parts.All(p => p.Length is > 0 and <= 200 && p[0] != '.' && p.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
            ? parts
            : throw new ArgumentException($"'{path}' is not a document path", nameof(path));
    }
}
