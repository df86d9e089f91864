namespace LisaOrleans.Checkpoints.Tests;

public sealed class ActiveRunsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ListAsync_damaged_head_does_not_hide_the_runs_behind_it()
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder.Root);
        foreach (var (run, cluster) in new[] { ("a", "c"), ("b", "c"), ("d", "other"), ("e", "c") })
            await RunStore.AcquireAsync(store, run, new RunClaim(RunHeadStates.Running, cluster), Token);
        await RunStore.AcquireAsync(store, "f", new RunClaim(RunHeadStates.Paused, "c"), Token);
        foreach (var (run, content) in new[] { ("a", "{\"Run\":\"a\",\"Gen"), ("b", "") })
            await File.WriteAllTextAsync(folder[$"runs/{run}/head.json"], content, Token);

        var damaged = new List<string>();
        var active = await ActiveRuns.ListAsync(store, "c", e => damaged.Add(e.Message), Token).ToListAsync(Token);

        Assert.Equal(["e"], active.Select(h => h.Run));
        Assert.Equal(2, damaged.Count);
        Assert.Contains(damaged, d => d.Contains("runs/a/head.json", StringComparison.Ordinal));
        Assert.Contains(damaged, d => d.Contains("runs/b/head.json", StringComparison.Ordinal));
    }
}
