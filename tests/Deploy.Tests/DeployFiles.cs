namespace LisaOrleans.Deploy.Tests;

/// <summary>The files under test.</summary>
internal static class DeployFiles
{
    public static string Folder { get; } = Path.Combine(Repository.Root, "deploy");

    /// <summary>All files of deploy/, from the repository's root; not the secrets that somebody made there.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        .. Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Repository.Root, f))
            .Where(f => !f.StartsWith(Path.Combine("deploy", "secrets"), StringComparison.Ordinal)).Order(StringComparer.Ordinal),
    ];

    /// <summary>The pages that show commands.</summary>
    public static IReadOnlyList<string> Pages { get; } =
    [
        "README.md", "samples/README.md", "deploy/README.md",
        .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(Repository.Root, f)),
    ];

    public static string Read(string path) => File.ReadAllText(Path.Combine(Repository.Root, path));
}
