using System.Text.RegularExpressions;

namespace LisaOrleans.Cluster.Tests;

/// <summary>Commands for a shell, as a page shows them.</summary>
/// <param name="Page">The page, from the repository's root.</param>
/// <param name="Before">The paragraph before them.</param>
/// <param name="Code">The commands, each line ending in a newline.</param>
internal sealed partial record PageBlock(string Page, string Before, string Code)
{
    /// <summary>Languages of blocks that are no commands; tests of their own run the programs among them.</summary>
    private static readonly string[] s_otherLanguages = ["csharp", "javascript", "python", "json", "yaml"];

    /// <summary>The README and what it leads to.</summary>
    public static IReadOnlyList<string> Pages { get; } =
    [
        "README.md", "samples/README.md", "deploy/README.md",
        .. Directory.EnumerateFiles(Path.Combine(Executables.Repository, "docs"), "*.md")
            .Select(f => Path.GetRelativePath(Executables.Repository, f)).Order(StringComparer.Ordinal),
    ];

    /// <summary>The block's commands, a command that goes on over several lines as one.</summary>
    public IEnumerable<string> Commands =>
        Continuation().Replace(Code, " ").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The blocks of a page, in their order.</summary>
    public static IReadOnlyList<PageBlock> Of(string page)
    {
        var text = File.ReadAllText(Path.Combine(Executables.Repository, page));
        var fences = Fence().Matches(text);
        Assert.All(fences, f => Assert.True(
            f.Groups["language"].Value is "bash" || s_otherLanguages.Contains(f.Groups["language"].Value),
            $"{page}: a block of '{f.Groups["language"].Value}'; commands are blocks of bash"));
        return [.. fences.Where(f => f.Groups["language"].Value == "bash")
            .Select(f => new PageBlock(page, LastParagraph(text[..f.Index]), f.Groups["code"].Value))];
    }

    private static string LastParagraph(string text) => text.TrimEnd().Split("\n\n")[^1].ReplaceLineEndings(" ");

    [GeneratedRegex("^```(?<language>\\w*)\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"\\\n\s*")]
    private static partial Regex Continuation();
}
