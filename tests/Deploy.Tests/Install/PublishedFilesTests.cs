using System.Text.Json;

namespace LisaOrleans.Deploy.Tests;

/// <summary>What <c>dotnet publish</c> and <c>dotnet pack</c> make of lisa.</summary>
public sealed class PublishedFilesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // Else each start of a program that was published compiles what every start runs, which takes it some seconds.
    [Fact]
    public async Task Publish_release_takes_the_files_with_machine_code()
    {
        Assert.SkipUnless(Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')) == "release", "only Release builds are compiled ahead of time");
        var text = await DotNetCommand.SucceedsAsync(
            Repository.Root,
            [
                "msbuild", "src/Cli/LisaOrleans.Cli.csproj", "-target:ResolveReferences;ComputeResolvedFilesToPublishList",
                "-getItem:ResolvedFileToPublish", "-p:Configuration=Release", "-p:NoBuild=true", "-p:BuildProjectReferences=false",
                "-nologo", "-nodeReuse:false",
            ],
            Token);
        using var document = JsonDocument.Parse(text);
        var files = document.RootElement.GetProperty("Items").GetProperty("ResolvedFileToPublish").EnumerateArray()
            .ToLookup(f => f.GetProperty("RelativePath").GetString(), f => Path.GetFileName(Path.GetDirectoryName(f.GetProperty("FullPath").GetString())));
        foreach (var file in (string[])["lisa.dll", "LisaOrleans.Training.dll", "Orleans.Runtime.dll", "Polly.Core.dll"])
            Assert.Equal((file, "ready-to-run"), (file, Assert.Single(files[file])));
    }
}
