namespace LisaOrleans.Api;

/// <summary>Texts from elsewhere that are quoted in answers.</summary>
internal static class ApiText
{
    private const int Longest = 100;

    /// <summary>As much of a text as fits in a message.</summary>
    public static string Shorten(string text) => text.Length <= Longest ? text : text[..Longest] + "…";

    /// <summary>A message in which a path of this machine, which is not the caller's business, is a name.</summary>
    public static string Rename(string message, string path, string name) => message
        .Replace(Path.GetFullPath(path), name, StringComparison.Ordinal).Replace(path, name, StringComparison.Ordinal);
}
