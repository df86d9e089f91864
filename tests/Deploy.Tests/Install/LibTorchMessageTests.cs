using System.Runtime.InteropServices;
using System.Xml.Linq;

namespace LisaOrleans.Deploy.Tests;

/// <summary>What the first build says before it fetches half a gigabyte, and that no later one says it.</summary>
public sealed class LibTorchMessageTests : IDisposable
{
    private readonly TempFolder _packages = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Version { get; } =
        XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props")).Descendants("LibTorchVersion").Single().Value;

    public void Dispose() => _packages.Dispose();

    [Fact]
    public async Task Restore_without_libtorch_says_what_is_fetched_where_to_and_how_long_it_takes()
    {
        var text = await AnnounceAsync();
        var line = Assert.Single(text.Split('\n'), l => l.Contains("LISA0001", StringComparison.Ordinal));
        Assert.Contains(Package(Version), line, StringComparison.Ordinal);
        Assert.Contains("130 MB, unpacked 530 MB; some 15 seconds at 10 MB/s", line, StringComparison.Ordinal);

        // Another version is not the one that is needed.
        Directory.CreateDirectory(Package("2.9.0"));
        Assert.Contains("LISA0001", await AnnounceAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restore_with_libtorch_says_nothing_of_it()
    {
        Directory.CreateDirectory(Package(Version));
        Assert.DoesNotContain("libtorch", await AnnounceAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restore_goes_by_the_folder_that_a_nuget_config_names()
    {
        var config = _packages["nuget.config"];
        await File.WriteAllTextAsync(
            config, $"""<configuration><config><add key="globalPackagesFolder" value="{_packages.Root}" /></config></configuration>""", Token);
        string[] named = [$"-p:RestoreConfigFile={config}"];
        Assert.Contains(Package(Version), await AnnounceAsync("", named), StringComparison.Ordinal);
        Directory.CreateDirectory(Package(Version));
        Assert.DoesNotContain("libtorch", await AnnounceAsync("", named), StringComparison.Ordinal);
    }

    private string Package(string version) =>
        Path.Combine(_packages.Root, $"libtorch-cpu-{RuntimeInformation.RuntimeIdentifier}", version);

    private Task<string> AnnounceAsync() => AnnounceAsync(_packages.Root, []);

    // What a restore does before it fetches anything, as quiet as `dotnet run` is.
    private Task<string> AnnounceAsync(string packages, string[] properties) => DotNetCommand.SucceedsAsync(
        Repository.Root,
        [
            "msbuild", "src/Model/LisaOrleans.Model.csproj", "-target:GenerateRestoreGraphFile",
            $"-p:RestoreGraphOutputPath={_packages["graph.json"]}", "-nologo", "-verbosity:quiet", "-nodeReuse:false", .. properties,
        ],
        Token,
        new Dictionary<string, string> { ["NUGET_PACKAGES"] = packages, ["TorchBackend"] = "cpu" });
}
