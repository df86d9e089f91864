using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace LisaOrleans.Cli.Tests;

/// <summary>What eng/SourceVersion.targets makes of the sources: silos of different ones must not meet.</summary>
public sealed class SourceVersionTests
{
    private const string Changed = "src/Data/Tokenizers/TextTokenizer.cs";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Version_names_the_sources_that_the_program_was_built_from()
    {
        var version = $"0.1.0+{await HashAsync(Repository.Root)}";
        Assert.Equal(version, (await Lisa.SucceedsAsync("--version")).Output.Trim());
        var checks = (await Lisa.SucceedsAsync("doctor", "--log-format", "json")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var lisa = checks.Select(c => JsonDocument.Parse(c).RootElement).Single(c => c.GetProperty("subject").GetString() == "lisa");
        Assert.StartsWith(version + ", .NET ", lisa.GetProperty("finding").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hash_follows_a_source_that_changes_or_goes_and_packages_but_not_the_folder()
    {
        using var folder = new TempFolder();
        string[] files =
        [
            .. Directory.GetFiles(Repository.Root).Where(f => Path.GetExtension(f) is ".props" or ".targets" or ".json" or ".config"),
            .. Directory.GetFiles(Path.Combine(Repository.Root, "eng")), .. Sources(Repository.Root),
        ];
        foreach (var file in files)
        {
            var target = folder[Path.GetRelativePath(Repository.Root, file)];
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target, overwrite: true);
        }

        var hashes = new List<string> { await BuiltAsync(folder) };
        Assert.Equal(await HashAsync(Repository.Root), hashes[0]);

        await File.AppendAllTextAsync(folder[Changed], "// changed\n", Token);
        hashes.Add(await BuiltAsync(folder));
        File.Delete(folder[Changed]);
        hashes.Add(await BuiltAsync(folder));
        await OwnProgram.ReplaceAsync(folder["Directory.Packages.props"], "<OrleansVersion>", "<OrleansVersion>1", Token);
        hashes.Add(await BuiltAsync(folder));
        Assert.Equal(hashes.Count, hashes.Distinct().Count());

        // What is none of the program.
        Directory.CreateDirectory(folder["src/Data/obj"]);
        foreach (var other in (string[])["src/Data/obj/made.cs", "src/Data/notes.md", "tests.cs"])
            await File.WriteAllTextAsync(folder[other], "", Token);
        Assert.Equal(hashes[^1], await BuiltAsync(folder));
    }

    private static async Task<string> BuiltAsync(TempFolder folder)
    {
        await DotNetCommand.SucceedsAsync(
            folder.Root,
            [
                "msbuild", "src/Silo/LisaOrleans.Silo.csproj", "-target:HashSources", $"-p:IntermediateOutputPath={folder["made"]}/",
                "-nologo", "-nodeReuse:false",
            ],
            Token);
        return (await File.ReadAllTextAsync(folder["made/SourcesHash.cs"], Token)).Split('"')[1];
    }

    // As sha256sum and sort, in the C locale, would say it.
    private static async Task<string> HashAsync(string root)
    {
        var lines = new StringBuilder();
        foreach (var path in Sources(root).Select(f => Path.GetRelativePath(root, f).Replace('\\', '/')).Order(StringComparer.Ordinal))
            lines.Append(Hex(await File.ReadAllBytesAsync(Path.Combine(root, path), Token))).Append("  ").Append(path).Append('\n');
        return Hex(Encoding.UTF8.GetBytes(lines.ToString()))[..12];

        static string Hex(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
    }

    private static IEnumerable<string> Sources(string root) =>
        Directory.GetFiles(root, "Directory.*")
            .Concat(Directory.GetFiles(Path.Combine(root, "src"), "*", SearchOption.AllDirectories))
            .Where(f => Path.GetExtension(f) is not (".md" or ".user"));
}
