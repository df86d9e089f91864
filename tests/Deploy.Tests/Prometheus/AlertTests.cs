using System.Diagnostics;

namespace LisaOrleans.Deploy.Tests;

/// <summary>The alerts as Prometheus itself sees them.</summary>
public sealed class AlertTests
{
    private static readonly string s_folder = Path.Combine(DeployFiles.Folder, "prometheus");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("check", "lisa.rules.yaml")]
    [InlineData("test", "lisa.rules.test.yaml")]
    public async Task Alerts_are_right_for_promtool(string command, string file)
    {
        var promtool = new[] { Path.Combine(Repository.Root, "artifacts", "prometheus", "usr", "bin", "promtool") }
            .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(f => Path.Combine(f, "promtool")))
            .FirstOrDefault(File.Exists);
        Assert.SkipWhen(promtool is null, "no promtool on PATH (eng/test-services.sh gets it)");
        using var process = Process.Start(
            new ProcessStartInfo(promtool, [command, "rules", file])
            {
                WorkingDirectory = s_folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
        var error = process.StandardError.ReadToEndAsync(Token);
        var output = await process.StandardOutput.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        Assert.True(process.ExitCode == 0, output + await error);
    }
}
