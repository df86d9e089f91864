namespace LisaOrleans.Checkpoints.Tests;

/// <summary>A run with a history in other hands: copied and verified with all that it keeps.</summary>
public sealed class KeptRunCopyTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FolderBlobStore _store;
    private readonly FolderBlobStore _target;

    public KeptRunCopyTests() => (_store, _target) = (new FolderBlobStore(_folder["here"]), new FolderBlobStore(_folder["there"]));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task CopyAsync_run_with_kept_manifests_has_all_of_them_in_the_copy()
    {
        var first = await BeginAsync();
        await RunCopier.CopyAsync(_store, "r", _target, null, Token);
        Assert.Equal(1, (await RunManifests.ReadAsync(_target, ManifestAddress.Parse("r@1"), Token)).Manifest.Step);
        await GarbageCollector.CollectAsync(_target, TimeSpan.Zero, TimeProvider.System, Token);
        Assert.Empty((await StoreVerifier.VerifyAsync(_target, null, Token)).Faults);

        // What only an earlier manifest names is missed by the verification, and named.
        File.Delete(Directory.GetFiles(_folder["there"], first.Spec.Sha256, SearchOption.AllDirectories).Single());
        var fault = Assert.Single((await StoreVerifier.VerifyAsync(_target, null, Token)).Faults);
        Assert.Contains("the settings of run 'r'", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CopyAsync_copy_that_keeps_less_at_the_same_step_keeps_all_again()
    {
        await BeginAsync();
        await RunCopier.CopyAsync(_store, "r", _target, null, Token);
        await ForgetHistoryAsync(_target);
        Assert.Equal([2], (await RunManifests.OfAsync(_target, "r", Token)).Steps);

        Assert.True((await RunCopier.CopyAsync(_store, "r", _target, null, Token)).Blobs > 0);
        Assert.Equal([1, 2], (await RunManifests.OfAsync(_target, "r", Token)).Steps);
        await TestRun.AssertLoadableAsync(_target, 2);
    }

    [Fact]
    public async Task CopyAsync_history_that_is_pruned_meanwhile_is_copied_as_it_is_then()
    {
        var first = await BeginAsync();
        var pruned = new PrunedMeanwhile(_store, first.Spec.Sha256, () => ForgetHistoryAsync(_store));
        await RunCopier.CopyAsync(pruned, "r", _target, null, Token);
        Assert.Equal([2], (await RunManifests.OfAsync(_target, "r", Token)).Steps);
        await TestRun.AssertLoadableAsync(_target, 2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task VerifyAsync_history_that_is_pruned_meanwhile_is_not_missed(bool isListed)
    {
        var first = await BeginAsync();
        var pruned = new PrunedMeanwhile(_store, isListed ? first.Spec.Sha256 : null, () => ForgetHistoryAsync(_store));
        Assert.Empty((await StoreVerifier.VerifyAsync(pruned, null, Token)).Faults);
    }

    // A run at step 2 that keeps its manifest of step 1, too.
    private async Task<Manifest> BeginAsync()
    {
        var run = await TestRun.AcquireAsync(_store);
        var first = await TestRun.ManifestAsync(_store, 1);
        await run.CommitAsync(first, Token);
        var second = await TestRun.ManifestAsync(_store, 2);
        KeptManifest[] kept = [new(1, first.ToBlobRef(), 1, DateTimeOffset.UnixEpoch), new(2, second.ToBlobRef(), 1, DateTimeOffset.UnixEpoch)];
        await run.CommitAsync(second, null, await KeptManifests.WriteAsync(_store, null, [], kept, Token), Token);
        return first;
    }

    private static async Task ForgetHistoryAsync(IBlobStore store)
    {
        var head = await RunStore.ReadHeadAsync(store, "r", Token);
        Assert.True(await RunStore.TryChangeKeptAsync(store, head!, null, Token));
        await GarbageCollector.CollectAsync(store, TimeSpan.Zero, TimeProvider.System, Token);
    }

    // Somebody prunes the store once, right before a blob is read, or before blobs are listed.
    private sealed class PrunedMeanwhile(IBlobStore inner, string? beforeRead, Func<Task> prune) : DelegatingBlobStore(inner)
    {
        private Func<Task>? _prune = prune;

        public override async Task<BlobContent> ReadAsync(BlobRef blob, CancellationToken cancellationToken)
        {
            if (blob.Sha256 == beforeRead) await PruneAsync();
            return await base.ReadAsync(blob, cancellationToken);
        }

        public override async IAsyncEnumerable<StoredBlob> ListAsync(
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            if (beforeRead is null) await PruneAsync();
            await foreach (var blob in base.ListAsync(cancellationToken)) yield return blob;
        }

        private Task PruneAsync() => Interlocked.Exchange(ref _prune, null)?.Invoke() ?? Task.CompletedTask;
    }
}
