namespace LisaOrleans.Cli.Tests;

/// <summary>Ctrl-C, and SIGTERM as sent on a machine that is about to be taken away.</summary>
public sealed class InterruptTests(TrainedRuns runs)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LisaProcess.Interrupt)]
    [InlineData(LisaProcess.Terminate)]
    public async Task Train_interrupted_saves_a_manifest_and_the_same_command_resumes(int signal)
    {
        using var folder = new TempFolder();
        var command = Sample.Train(folder["out"], more: ["--max-steps", $"{TrainedRuns.Steps}", "--save-steps", "0"]);

        // Ctrl-C ends a loop too: else its second round would resume.
        using (var process = signal == LisaProcess.Interrupt ? Lisa.StartLoop(command) : Lisa.Start(command))
        {
            Assert.True(await process.WaitForLineAsync(l => l.StartsWith("step 3/", StringComparison.Ordinal), Token));
            process.Signal(signal);
            var ended = await process.EndAsync(Token);
            Assert.Equal(130, ended.ExitCode);
            Assert.Contains("manifest of step", ended.Output, StringComparison.Ordinal);
            Assert.Empty(ended.Error);
        }

        // What is there is whole: it can be exported and scored.
        await Lisa.SucceedsAsync("export", "default", "--store", folder["out/lisa-store"], "--output", folder["half"]);
        var steps = RunFolder.Steps(folder["half"]);
        Assert.Equal(Enumerable.Range(1, steps.Length), steps);
        Assert.InRange(steps.Length, 3, TrainedRuns.Steps - 1);
        await Lisa.SucceedsAsync("eval", "--model", folder["half"], "--data", Sample.HeldOut);

        var resumed = await Lisa.SucceedsAsync(command);
        Assert.Contains($"resuming run 'default' from step {steps.Length} of {TrainedRuns.Steps}", resumed.Output, StringComparison.Ordinal);
        RunFolder.AreEqual(await runs.WholeAsync(), folder["out"], TrainedRuns.Steps);
    }
}
