using System.Text.RegularExpressions;

namespace LisaOrleans.Cli;

/// <summary>A model of the hub: <c>ORG/MODEL</c>, or <c>ORG/MODEL@REVISION</c> for a branch, a tag or a commit.</summary>
/// <param name="Name"><c>ORG/MODEL</c>.</param>
/// <param name="Revision">The revision; <c>main</c> where none is given.</param>
internal sealed partial record HubModelId(string Name, string Revision)
{
    /// <summary>Its folder in a cache of Hugging Face's layout.</summary>
    public string CacheFolder => $"models--{Name.Replace("/", "--", StringComparison.Ordinal)}";

    /// <summary>How Hugging Face's own tool fetches it.</summary>
    public string DownloadCommand => Revision == "main" ? $"hf download {Name}" : $"hf download {Name} --revision {Revision}";

    /// <summary>As it is written.</summary>
    public override string ToString() => Revision == "main" ? Name : $"{Name}@{Revision}";

    /// <summary>Null where a text is no such id.</summary>
    public static HubModelId? TryParse(string text) =>
        Pattern().Match(text) is { Success: true } match
        && !text.Contains("..", StringComparison.Ordinal) && !text.Contains("--", StringComparison.Ordinal)
            ? new HubModelId(match.Groups["name"].Value, match.Groups["revision"] is { Success: true } revision ? revision.Value : "main")
            : null;

    /// <summary>Whether a text is a name without <c>ORG/</c>, as the first models of the hub had.</summary>
    public static bool IsBareName(string text) => TryParse($"org/{text}") is not null;

    [GeneratedRegex(@"^(?<name>[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95})(@(?<revision>[A-Za-z0-9][A-Za-z0-9._-]{0,95}))?$")]
    private static partial Regex Pattern();
}
