namespace LisaOrleans.Cli.Tests;

/// <summary>The same command once more, with the same settings and with others.</summary>
public sealed class RepeatTests(TrainedRuns runs)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Train_changed_settings_are_refused_with_a_list_of_differences()
    {
        using var folder = new TempFolder();
        TrainedRuns.Copy(await runs.ShortAsync(), folder["out"]);
        var (sha, log) = (RunFolder.WeightsSha(folder["out"]), RunFolder.Log(folder["out"]));

        var refused = await Lisa.RunAsync(
            Sample.Train(folder["out"], data: Sample.HeldOut, more: ["--max-steps", "3", "--seed", "7", "--weight-decay", "0.5"]));

        Assert.Equal(2, refused.ExitCode);
        var lines = refused.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("lisa: run 'default' was begun with other settings:", lines[0]);
        Assert.Equal(["  max_steps: was 2, now 3", "  seed: was 42, now 7", "  weight_decay: was 0, now 0.5"], lines[1..4].Order());
        Assert.StartsWith("  training data: was sha256", lines[4], StringComparison.Ordinal);
        Assert.Contains("--overwrite", lines[5], StringComparison.Ordinal);
        Assert.Equal(6, lines.Length);

        // Where nothing but the data differ, another build may have read the same files otherwise.
        refused = await Lisa.RunAsync(Sample.Train(folder["out"], data: Sample.HeldOut, more: ["--max-steps", "2"]));
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("\n  training data: was sha256", refused.Error, StringComparison.Ordinal);
        Assert.Contains(
            "may read them otherwise than the one that began the run: lisa train --resume default (", refused.Error,
            StringComparison.Ordinal);
        Assert.Equal(sha, RunFolder.WeightsSha(folder["out"]));
        Assert.Equal(log, RunFolder.Log(folder["out"]));
    }

    [Fact]
    public async Task Overwrite_begins_anew()
    {
        using var folder = new TempFolder();
        TrainedRuns.Copy(await runs.WholeAsync(), folder["out"]);

        await Lisa.SucceedsAsync(Sample.Train(folder["out"], more: ["--max-steps", "2", "--overwrite"]));

        RunFolder.AreEqual(await runs.ShortAsync(), folder["out"], 2);
    }

    [Fact]
    public async Task Train_complete_run_writes_its_model_again_also_after_an_overwrite_with_something_wrong()
    {
        using var folder = new TempFolder();
        var command = Sample.Train(folder["out"], more: ["--max-steps", "2"]);
        TrainedRuns.Copy(await runs.ShortAsync(), folder["out"]);
        await Lisa.RefusesAsync([.. command, "--overwrite", "--weight-decay", "2"], "--weight-decay");
        var (sha, log) = (RunFolder.WeightsSha(folder["out"]), await File.ReadAllTextAsync(folder["out/trainer_log.jsonl"], Token));
        foreach (var file in Directory.GetFiles(folder["out"])) File.Delete(file);

        Assert.Contains("is complete", (await Lisa.SucceedsAsync(command)).Output, StringComparison.Ordinal);

        Assert.Equal(sha, RunFolder.WeightsSha(folder["out"]));
        Assert.Equal(log, await File.ReadAllTextAsync(folder["out/trainer_log.jsonl"], Token));
    }
}
