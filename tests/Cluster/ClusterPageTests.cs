using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace LisaOrleans.Cluster.Tests;

/// <summary>
/// The commands of docs/cluster.md and then those of docs/client.md, run by bash as they stand there, but for ports, folders and the
/// number of steps.
/// </summary>
public sealed partial class ClusterPageTests(ITestOutputHelper output)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(4);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Page_commands_for_cluster_and_client_work()
    {
        Assert.SkipWhen(Executables.Redis is null, "redis-server is not on PATH");
        using var folder = new TempFolder();
        WriteLauncher(folder["bin"]);
        var redis = Port();
        var replaced = new Dictionary<string, string> { ["6390"] = redis, ["demo-store"] = folder["store"], ["out/first"] = folder["first"] };
        foreach (var port in (string[])["11111", "11112", "11113", "30000", "30001", "30002", "8081", "8082", "8083", "5000"])
            replaced.Add(port, Port());
        var script = $$"""
            set -euo pipefail
            trap 'kill $(jobs -p) || true; wait; redis-cli -p {{redis}} shutdown nosave' EXIT
            {{Localize(Page("cluster.md"), replaced, ("--num-train-epochs 60", "--num-train-epochs 2"))}}
            {{Localize(
                Page("client.md"), replaced, ("dotnet run -c Release --project samples/service --", Executables.SampleService), ("\"steps\": 200", "\"steps\": 20"))}}
            """;
        output.WriteLine(script);

        var (code, text) = await RunAsync(script, folder["bin"]);
        Assert.True(code == 0, text);
        Assert.True(File.Exists(folder["first/model.safetensors"]), text);
        Assert.Contains("step 40/40", text, StringComparison.Ordinal);
        Assert.Contains("\"run\":\"second\"", text, StringComparison.Ordinal);
        Assert.Equal(
            20, text.Split("\n").Count(
                l => l.StartsWith("data: ", StringComparison.Ordinal) && l.Contains("\"$type\":\"step\"", StringComparison.Ordinal)));
    }

    private static string Port() => Ports.Free().ToString(CultureInfo.InvariantCulture);

    // Makes the built program available as lisa.
    private static void WriteLauncher(string folder)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, "lisa");
        File.WriteAllText(path, $"#!/bin/sh\nexec '{Executables.Lisa}' \"$@\"\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static string Page(string name) =>
        BashBlock().Match(File.ReadAllText(Path.Combine(Executables.Repository, "docs", name))).Groups[1].Value;

    private static string Localize(string text, Dictionary<string, string> replaced, params (string From, string To)[] more)
    {
        foreach (var (from, to) in more)
        {
            Assert.Contains(from, text, StringComparison.Ordinal);
            text = text.Replace(from, to, StringComparison.Ordinal);
        }

        return Replaceable().Replace(text, found => replaced[found.Value]);
    }

    private static async Task<(int Code, string Text)> RunAsync(string script, string path)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", ["-c", script])
        {
            WorkingDirectory = Executables.Repository,
            Environment = { ["PATH"] = path + ":" + Environment.GetEnvironmentVariable("PATH") },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(s_patience);
        try
        {
            var error = process.StandardError.ReadToEndAsync(patience.Token);
            var text = await process.StandardOutput.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, text + await error);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    [GeneratedRegex("```bash\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex BashBlock();

    [GeneratedRegex(@"demo-store|out/first|\b(6390|1111[123]|3000[012]|808[123]|5000)\b")]
    private static partial Regex Replaceable();
}
