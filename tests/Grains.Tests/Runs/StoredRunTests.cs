using System.Collections.Concurrent;
using LisaOrleans.Checkpoints;
using Microsoft.Extensions.Logging.Abstractions;

namespace LisaOrleans.Grains.Tests;

public sealed class StoredRunTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Take_that_failed_at_first_still_checks_all_files_and_tells_of_the_owner_who_was_lost()
    {
        using var imported = await TestRun.ImportAsync(TinyStories.Spec(2));
        _ = await RunStore.AcquireAsync(imported.Store, "test", new RunClaim(RunHeadStates.Running) { Owner = "dead" }, Token);
        var head = await RunStore.ReadHeadAsync(imported.Store, "test", Token);
        var files = (await RunStore.ReadManifestAsync(imported.Store, head!.Manifest!, Token)).Files.Values.Select(f => f.Sha256).ToHashSet();
        var store = new UnreadableAtFirst(imported.Store, files);
        var run = new StoredRun(store, "test", cluster: null, TimeProvider.System, NullLogger.Instance);
        await Assert.ThrowsAsync<IOException>(() => run.Take(Token));

        store.IsReadable = true;
        Assert.True((await run.Take(Token)).WasLost);
        Assert.Empty(files.Except(store.Read));

        // It is told once.
        Assert.False((await run.Take(Token)).WasLost);
    }

    private sealed class UnreadableAtFirst(IBlobStore inner, HashSet<string> files) : DelegatingBlobStore(inner)
    {
        public bool IsReadable { get; set; }

        public ConcurrentBag<string> Read { get; } = [];

        public override Task<BlobContent> ReadAsync(BlobRef blob, CancellationToken cancellationToken)
        {
            if (IsReadable) Read.Add(blob.Sha256);
            else if (files.Contains(blob.Sha256)) throw new IOException("the store is away");
            return base.ReadAsync(blob, cancellationToken);
        }
    }
}
