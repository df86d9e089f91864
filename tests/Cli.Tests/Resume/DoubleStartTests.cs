namespace LisaOrleans.Cli.Tests;

/// <summary>One run, started twice: the one that trains goes on, the other one says why it does not.</summary>
public sealed class DoubleStartTests(TrainedRuns runs)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Train_second_start_is_refused_and_the_first_ends_with_its_own_bytes()
    {
        using var folder = new TempFolder();
        string[] more = ["--max-steps", $"{TrainedRuns.Steps}", "--save-steps", "2", "--log-format", "plain"];
        var command = Sample.Train(folder["twice"], more: more);
        using var first = Lisa.Start(command);
        Assert.True(await first.WaitForLineAsync(l => l.StartsWith("step ", StringComparison.Ordinal), Token));

        // Else it could end before the others have looked.
        first.Signal(LisaProcess.Stop);
        await Lisa.RefusesAsync(command, "run 'default' is being trained by process ", $"on host '{Environment.MachineName}' since ", "--take-over");
        await Lisa.RefusesAsync([.. command, "--overwrite"], "is being trained by process ");
        string[] elsewhere = [.. command, "--store", folder["store"]];
        await Lisa.RefusesAsync(elsewhere, $"run 'default' is being trained into {folder["twice"]}");
        await Lisa.RefusesAsync([.. elsewhere, "--take-over"], $"run 'default' is being trained into {folder["twice"]}");
        string[] other = [.. command, "--run-name", "other", "--store", folder["store"]];
        await Lisa.RefusesAsync(other, $"run 'default' is being trained into {folder["twice"]}");
        Assert.False(Directory.Exists(folder["store"]));
        string[] export = ["export", "default", "--store", folder["twice/lisa-store"], "--output", folder["twice"]];
        await Lisa.RefusesAsync(export, $"run 'default' is being trained into {folder["twice"]}");
        first.Signal(LisaProcess.Continue);
        var end = await first.EndAsync(Token);
        Assert.True(end.ExitCode == 0, end.Error);
        Assert.Equal(RunFolder.WeightsSha(await runs.WholeAsync()), RunFolder.WeightsSha(folder["twice"]));
    }

    [Fact]
    public async Task Train_two_starts_at_one_moment_one_trains()
    {
        for (var round = 0; round < 2; round++)
        {
            using var folder = new TempFolder();
            var command = Sample.Train(folder["out"], more: ["--max-steps", "4", "--save-steps", "1"]);
            var ends = await Task.WhenAll(Lisa.RunAsync(command), Lisa.RunAsync(command));

            // Where one had ended before the other looked, both succeed.
            Assert.Contains(ends, e => e.ExitCode == 0);
            Assert.All(
                ends, e => Assert.True(
                    e.ExitCode == 0 || (e.ExitCode == 2 && e.Error.Contains("is being trained by process ", StringComparison.Ordinal)), e.Error));
        }
    }

    [Fact]
    public async Task Train_taken_over_run_goes_on_in_the_second_process_and_the_first_ends()
    {
        using var folder = new TempFolder();
        string[] endless = ["--max-steps", "100000", "--save-steps", "2", "--log-format", "plain"];
        using var endlessRun = Lisa.Start(Sample.Train(folder["endless"], more: endless));
        Assert.True(await endlessRun.WaitForLineAsync(l => l.StartsWith("manifest ", StringComparison.Ordinal), Token));
        using var second = Lisa.Start([.. Sample.Train(folder["endless"], more: endless), "--take-over"]);
        Assert.True(await second.WaitForLineAsync(l => l.StartsWith("manifest ", StringComparison.Ordinal), Token));
        var first = await endlessRun.EndAsync(Token);
        Assert.True(first.ExitCode == 1, $"{first.ExitCode}: {first.Error}");
        Assert.Contains("taken over", first.Error, StringComparison.Ordinal);
        Assert.True(await second.WaitForLineAsync(l => l.StartsWith("manifest ", StringComparison.Ordinal), Token));
        second.Signal(LisaProcess.Interrupt);
        Assert.Equal(130, (await second.EndAsync(Token)).ExitCode);
    }
}
