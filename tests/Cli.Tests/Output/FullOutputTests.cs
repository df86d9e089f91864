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
        await using (var disk = await Mount(folder["out"], "48k"))
        using (var full = Start(disk, command))
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

    // Steps of seconds, of so many samples that their line in the ledger is larger than what its last block has left.
    [Fact]
    public async Task Train_first_signal_after_there_is_no_room_for_logs_lets_it_save_its_manifest()
    {
        using var folder = new TempFolder();
        await File.WriteAllLinesAsync(folder["data.jsonl"], Enumerable.Range(0, 4096).Select(i => $$"""{"text":"owl {{i}}"}"""), Token);
        await using var disk = await Mount(folder["out"], "1m");
        using var full = Start(disk, Sample.Train(
            folder["out"], data: folder["data.jsonl"],
            more:
            [
                "--store", folder["store"], "--max-steps", "100000", "--save-steps", "1000000", "--per-device-train-batch-size", "8",
                "--gradient-accumulation-steps", "128", "--log-format", "plain",
            ]));
        Assert.True(await full.WaitForLineAsync(l => l.StartsWith("step 1/", StringComparison.Ordinal), Token));
        Fill(disk.PathOf(folder["out/filler"]));
        Assert.True(await full.WaitForLineAsync(l => l.StartsWith("step 2/", StringComparison.Ordinal), Token));
        full.Signal(LisaProcess.Terminate);
        var result = await full.EndAsync(Token);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("manifest of step 3 saved", result.Output, StringComparison.Ordinal);
        Assert.Contains("run 'default' is paused, and its manifest of step 3 holds: ", result.Error, StringComparison.Ordinal);

        static void Fill(string path)
        {
            using var file = File.Create(path, bufferSize: 0);
            try
            {
                while (true) file.Write(new byte[4096]);
            }
            catch (IOException)
            {
                // Nothing more fits.
            }
        }
    }

    [Fact]
    public async Task Train_no_room_for_the_model_says_that_the_run_is_complete_and_writes_it_when_there_is()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["out"]);
        var command = Sample.Train(folder["out"], more: ["--store", folder["store"], "--max-steps", "3", "--log-format", "plain"]);
        await using (var disk = await Mount(folder["out"], "200k"))
        using (var full = Start(disk, command))
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

    [Fact]
    public async Task Train_no_room_for_temporary_files_names_their_folder_and_TMPDIR()
    {
        using var folder = new TempFolder();
        await using var disk = await Mount(folder["temp"], "8k");
        var command = Sample.Train(folder["out"], more: ["--max-steps", "1", "--log-format", "plain"]);
        var environment = new Dictionary<string, string> { ["TMPDIR"] = folder["temp"] };
        using (var full = Start(disk, command, environment))
        {
            var result = await full.EndAsync(Token);
            Assert.Equal(1, result.ExitCode);
            var line = Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
            Assert.StartsWith($"lisa: {folder["temp"]}", line, StringComparison.Ordinal);
            Assert.Contains(" takes no temporary files: No space left on device", line, StringComparison.Ordinal);
            Assert.EndsWith("free some space there, or set TMPDIR to a folder that takes them", line, StringComparison.Ordinal);
        }

        Assert.True(await disk.RemountAsync("size=64m", folder["temp.log"]));
        using var next = Start(disk, command, environment);
        Assert.Equal(0, (await next.EndAsync(Token)).ExitCode);
    }

    [Fact]
    public async Task Train_store_that_became_read_only_is_refused_and_goes_on_when_it_may_be_written()
    {
        using var folder = new TempFolder();
        await using var disk = await Mount(folder["store"], "64m");
        var command = Sample.Train(
            folder["out"], more: ["--store", folder["store"], "--max-steps", "100000", "--save-steps", "1", "--log-format", "plain"]);
        using (var first = Start(disk, command))
        {
            Assert.True(await first.WaitForLineAsync(l => l.StartsWith("manifest of step 3 ", StringComparison.Ordinal), Token));
            await first.KillAsync(Token);
        }

        Assert.True(await disk.RemountAsync("ro", folder["store.log"]));
        using (var refused = Start(disk, command))
        {
            var result = await refused.EndAsync(Token);
            Assert.NotEqual(0, result.ExitCode);
            var line = Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
            Assert.Contains($"{folder["store"]}: it is on a disk that can only be read; mount it for writing", line, StringComparison.Ordinal);
        }

        Assert.True(await disk.RemountAsync("rw", folder["store.log"]));
        using var next = Start(disk, command);
        Assert.True(await next.WaitForLineAsync(l => l.StartsWith("step ", StringComparison.Ordinal), Token));
    }

    private static async Task<SmallDisk> Mount(string path, string size)
    {
        var disk = await SmallDisk.MountAsync(path, $"size={size}", path + ".log");
        Assert.SkipWhen(disk is null, "this system lets nobody mount a small disk");
        return disk!;
    }

    private static LisaProcess Start(SmallDisk disk, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null) =>
        new(disk.Within[0], [.. disk.Within.Skip(1), Lisa.Program, .. arguments], environment);
}
