using System.IO.Compression;
using System.Text;
using System.Xml.Linq;

namespace LisaOrleans.Client.Tests;

/// <summary>The packages that users get, packed from what was built, and inspected.</summary>
public sealed class PackageTests
{
    private static readonly string[] s_projects = ["Abstractions", "Checkpoints", "Client"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pack_contains_readme_licence_documentation_and_symbols_and_no_paths()
    {
        using var folder = new TempFolder();
        foreach (var project in s_projects)
        {
            await PackAsync(project, folder.Root);
            var name = $"LisaOrleans.{project}";
            var package = Directory.GetFiles(folder.Root, $"{name}.*.nupkg").Single();
            await using var zip = await ZipFile.OpenReadAsync(package, Token);
            var files = zip.Entries.Select(e => e.FullName).ToArray();
            Assert.Contains("README.md", files);
            Assert.Contains($"lib/net10.0/{name}.dll", files);
            Assert.Contains($"lib/net10.0/{name}.xml", files);
            var metadata = Metadata(zip, name);
            Assert.Equal("MIT", Value(metadata, "license"));
            Assert.Equal("README.md", Value(metadata, "readme"));
            Assert.NotEmpty(Value(metadata, "description"));
            Assert.DoesNotContain(metadata.Elements(), e => e.Name.LocalName is "repository" or "projectUrl");
            foreach (var entry in zip.Entries.Where(e => e.FullName.EndsWith(".dll", StringComparison.Ordinal)))
                Assert.False(Names(entry, Repository.Root));

            await using var symbols = await ZipFile.OpenReadAsync(Directory.GetFiles(folder.Root, $"{name}.*.snupkg").Single(), Token);
            var pdb = symbols.Entries.Single(e => e.FullName == $"lib/net10.0/{name}.pdb");
            Assert.False(Names(pdb, Repository.Root));
        }
    }

    [Fact]
    public async Task Pack_client_depends_on_the_store_package_and_not_on_torch()
    {
        using var folder = new TempFolder();
        await PackAsync("Client", folder.Root);
        await using var zip = await ZipFile.OpenReadAsync(Directory.GetFiles(folder.Root, "*.nupkg").Single(), Token);
        var dependencies = Metadata(zip, "LisaOrleans.Client").Descendants()
            .Where(e => e.Name.LocalName == "dependency").Select(e => e.Attribute("id")!.Value).ToArray();
        Assert.Equal(["LisaOrleans.Checkpoints"], dependencies.Where(d => d.StartsWith("LisaOrleans", StringComparison.Ordinal)));
        Assert.Contains("Microsoft.Orleans.Client", dependencies);
        Assert.DoesNotContain(
            dependencies, d => d.Contains("torch", StringComparison.OrdinalIgnoreCase) || d.StartsWith("Microsoft.ML", StringComparison.Ordinal));
    }

    private static XElement Metadata(ZipArchive zip, string name)
    {
        using var nuspec = zip.GetEntry($"{name}.nuspec")!.Open();
        return XDocument.Load(nuspec).Root!.Elements().Single(e => e.Name.LocalName == "metadata");
    }

    private static string Value(XElement metadata, string name) => metadata.Elements().Single(e => e.Name.LocalName == name).Value;

    private static bool Names(ZipArchiveEntry entry, string path)
    {
        using var memory = new MemoryStream();
        using (var stream = entry.Open()) stream.CopyTo(memory);
        return memory.ToArray().AsSpan().IndexOf(Encoding.UTF8.GetBytes(path)) >= 0;
    }

    private static Task PackAsync(string project, string output) => DotNetCommand.SucceedsAsync(
        Repository.Root,
        ["pack", "-nologo", "--no-build", "--configuration", "Release", "--output", output, $"src/{project}/LisaOrleans.{project}.csproj"],
        Token);
}
