namespace LisaOrleans.Cli.Tests;

public sealed class TensorBoardTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TensorBoardLog_train_and_export_write_the_same_curves()
    {
        using var folder = new TempFolder();
        await Lisa.SucceedsAsync(Sample.Train(folder["out"], more: ["--max-steps", "5", "--eval-data", Sample.HeldOut, "--eval-steps", "2"]));
        await Lisa.SucceedsAsync("export", "default", "--store", folder["out/lisa-store"], "--output", folder["exported"]);

        var events = EventFile.Read(folder["out"]);
        Assert.Equal("brain.Event:2", events[0].FileVersion);
        Assert.Equal([1, 2, 3, 4, 5], events.Skip(1).Select(e => e.Step));
        Assert.All(
            events, e => Assert.InRange(DateTimeOffset.UnixEpoch.AddSeconds(e.WallTime), DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow));
        Assert.Equal([2, 4, 5], events.Skip(1).Where(e => e.Summary.Value.Any(v => v.Tag == "eval/loss")).Select(e => e.Step));
        Assert.All(events.Skip(1), e => Assert.Equal(
            ["train/loss", "train/learning_rate", "train/grad_norm", "tokens_per_second"],
            e.Summary.Value.Select(v => v.Tag).Where(t => t != "eval/loss")));
        Assert.All(events.Skip(1), e => Assert.True(e.Summary.Value.All(v => v.SimpleValue > 0), EventFile.Lines(folder["out"])[e.Step - 1]));

        // The numbers are those of the log.
        Assert.Equal(
            RunFolder.Log(folder["out"]).Select(l => l.Split(' ')[1]).Select(l => float.Parse(l, System.Globalization.CultureInfo.InvariantCulture)),
            events.Skip(1).Select(e => e.Summary.Value[0].SimpleValue));
        Assert.Equal(EventFile.Lines(folder["out"]), EventFile.Lines(folder["exported"]));
    }

    [Fact]
    public async Task TensorBoardLog_steps_appear_during_training_and_a_record_cut_short_is_gone_after_a_resume()
    {
        using var folder = new TempFolder();
        var command = Sample.Train(folder["out"], more: ["--max-steps", "24", "--save-steps", "1"]);
        using (var process = Lisa.Start(command))
        {
            Assert.True(await process.WaitForLineAsync(l => l.StartsWith("step 3", StringComparison.Ordinal), Token));
            await process.KillAsync(Token);
        }

        var file = Assert.Single(Directory.GetFiles(folder["out/tensorboard"]));
        Assert.True(new FileInfo(file).Length > 3 * 80);
        await using (var cut = new FileStream(file, FileMode.Open)) cut.SetLength(cut.Length - 7);
        var resumed = await Lisa.SucceedsAsync(command);
        Assert.Contains("resuming run 'default' from step ", resumed.Output, StringComparison.Ordinal);
        Assert.Equal(
            Enumerable.Range(1, 24),
            EventFile.Lines(folder["out"]).Select(l => int.Parse(l.Split(':')[0], System.Globalization.CultureInfo.InvariantCulture)));
    }
}
