using System.Reflection.PortableExecutable;

namespace LisaOrleans.Cli.Tests;

/// <summary>What eng/ReadyToRun.targets makes of a Release build.</summary>
public sealed class ReadyToRunTests
{
    private static readonly string s_folder = Path.GetDirectoryName(Lisa.Program)!;

    [Theory]
    [InlineData("lisa.dll")]
    [InlineData("LisaOrleans.Training.dll")]
    [InlineData("LisaOrleans.Checkpoints.dll")]
    [InlineData("Orleans.Runtime.dll")]
    [InlineData("Polly.Core.dll")]
    public void Build_release_has_machine_code_of_what_every_start_runs(string file)
    {
        Assert.SkipUnless(Path.GetFileName(s_folder) == "release", "only Release builds are compiled ahead of time");

        using var stream = File.OpenRead(Path.Combine(s_folder, file));
        using var reader = new PEReader(stream);

        Assert.True(reader.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0, $"{file} has IL only");
    }
}
