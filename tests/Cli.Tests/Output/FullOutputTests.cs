namespace LisaOrleans.Cli.Tests;

/// <summary>A full disk under the output costs no step: a small disk in memory, in a mount namespace of its own.</summary>
public sealed class FullOutputTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Train_no_room_for_logs_pauses_and_goes_on_when_there_is()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["out"]);
        var command = Sample.Train(
            folder["out"], more: ["--store", folder["store"], "--max-steps", "100000", "--save-steps", "1000000", "--log-format", "plain"]);
        using (var full = await Start(folder["out"], "48k", command))
        {
            var result = await full.EndAsync(Token);
            Assert.Equal(1, result.ExitCode);
            var line = Assert.Single(result.Error.Split('\n'), l => l.StartsWith("lisa: ", StringComparison.Ordinal));
            Assert.Contains("run 'default' is paused, and its manifest of step ", line, StringComparison.Ordinal);
            Assert.Contains(
                $" holds: {folder["out"]}: no space is left on the disk; free some or move what can be moved; then the same command "
                + $"continues", line, StringComparison.Ordinal);
        }

        using var next = Lisa.Start(command);
        Assert.True(await next.WaitForLineAsync(l => l.StartsWith("resuming run 'default' from step ", StringComparison.Ordinal), Token));
        Assert.True(await next.WaitForLineAsync(l => l.StartsWith("step ", StringComparison.Ordinal), Token));
    }

    [Fact]
    public async Task Train_no_room_for_the_model_says_that_the_run_is_complete_and_writes_it_when_there_is()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["out"]);
        var command = Sample.Train(folder["out"], more: ["--store", folder["store"], "--max-steps", "3", "--log-format", "plain"]);
        using (var full = await Start(folder["out"], "200k", command))
        {
            var result = await full.EndAsync(Token);
            Assert.Equal(1, result.ExitCode);
            Assert.Contains(
                $"lisa: {folder["out"]}: no space is left on the disk; free some or move what can be moved; run 'default' is complete in "
                    + $"{folder["store"]}, "
                + "and the same command then writes its model\n",
                result.Error, StringComparison.Ordinal);
        }

        Assert.Contains(
            "run 'default' is complete (3 steps); writing its model again", (await Lisa.SucceedsAsync(command)).Output, StringComparison.Ordinal);
        Assert.True(File.Exists(folder["out/model.safetensors"]));
    }

    // The mount is the program's alone and ends with it.
    private static async Task<LisaProcess> Start(string output, string size, IEnumerable<string> arguments)
    {
        string[] apart = ["--map-root-user", "--mount", "sh", "-c", """mount -t tmpfs -o "size=$1" none "$0" && shift && exec "$@" """.TrimEnd()];
        using var probe = new LisaProcess("unshare", [.. apart, output, size, "true"]);
        var can = await probe.EndAsync(Token);
        Assert.SkipUnless(can.ExitCode == 0, $"this system lets nobody mount a small disk: {can.Error}");
        return new LisaProcess("unshare", [.. apart, output, size, Lisa.Program, .. arguments]);
    }
}
