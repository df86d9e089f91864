namespace LisaOrleans.Cli.Tests;

/// <summary><c>lisa store prune</c> makes room where none is left: a small disk in memory, in a mount namespace of its own.</summary>
public sealed class FullStoreTests
{
    // $0 is the store; dd ends when the disk is full.
    private const string Fill = """dd if=/dev/zero of="$0/filler" bs=4k 2> /dev/null; true""";

    private const string Age = """find "$0/blobs" -type f -exec touch -d '1 hour ago' {} +""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Prune_shortens_lists_on_a_full_disk_once_what_nothing_names_is_deleted()
    {
        using var folder = new TempFolder();
        var store = folder["store"];
        await using var disk = await SmallDisk.MountAsync(store, "size=256m", folder["disk.log"]);
        Assert.SkipWhen(disk is null, "this system lets nobody mount a small disk");
        string[] settings = ["--store", store, "--save-steps", "1", "--keep-manifests", "all"];
        string[] first = [.. settings, "--max-steps", "3", "--run-name", "one"];
        Assert.Equal(0, (await RunAsync(Lisa.Program, Sample.Train(folder["one"], more: first))).ExitCode);
        string[] other = [.. settings, "--max-steps", "1", "--run-name", "two", "--overwrite"];
        foreach (var seed in (string[])["1", "2"])
            Assert.Equal(0, (await RunAsync(Lisa.Program, Sample.Train(folder["two"], more: [.. other, "--seed", seed]))).ExitCode);
        await RunAsync("sh", ["-c", Fill, store]);
        await RunAsync("sh", ["-c", Age, store]);

        var pruned = await RunAsync(Lisa.Program, ["store", "prune", "--store", store, "--keep", "last", "--min-age-hours", "0"]);

        Assert.True(pruned.ExitCode == 0, pruned.Error);
        Assert.Contains("one  keeps 1 of ", pruned.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync(Lisa.Program, ["store", "verify", "--store", store])).ExitCode);

        async Task<LisaResult> RunAsync(string program, IEnumerable<string> arguments)
        {
            using var process = new LisaProcess(disk!.Within[0], [.. disk.Within.Skip(1), program, .. arguments]);
            return await process.EndAsync(Token);
        }
    }
}
