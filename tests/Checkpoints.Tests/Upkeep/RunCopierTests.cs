namespace LisaOrleans.Checkpoints.Tests;

/// <summary>A copy that dies at any of its calls leaves no half a run, and the next one goes on.</summary>
public sealed class RunCopierTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CopyAsync_dying_at_each_call_leaves_the_run_whole_or_absent(bool afterTheCall)
    {
        using var folder = new TempFolder();
        var source = new FolderBlobStore(folder["source"]);
        await AdvanceAsync(source, 1);
        for (var crashAt = 0; ; crashAt++)
        {
            Assert.InRange(crashAt, 0, 200);
            var target = new FolderBlobStore(folder[$"target{crashAt}"]);
            var crashing = new CrashingBlobStore(target, crashAt, afterTheCall);
            try
            {
                await RunCopier.CopyAsync(source, "r", crashing, null, Token);
                break;
            }
            catch (SimulatedCrashException)
            {
                if (await RunStore.ReadHeadAsync(target, "r", Token) is not null) await TestRun.AssertLoadableAsync(target, 1);

                // What it left can be looked at and pruned.
                if (await target.ListAsync(Token).AnyAsync(Token)) Assert.NotNull(await StoreFormat.ReadAsync(target, Token));
                await RunCopier.CopyAsync(source, "r", target, null, Token);
                await TestRun.AssertLoadableAsync(target, 1);
                Assert.Empty((await StoreVerifier.VerifyAsync(target, null, Token)).Faults);
            }
        }
    }

    [Fact]
    public async Task CopyAsync_run_that_went_on_is_brought_up_to_date_and_never_back()
    {
        using var folder = new TempFolder();
        var (source, target) = (new FolderBlobStore(folder["source"]), new FolderBlobStore(folder["target"]));
        var early = new FolderBlobStore(folder["early"]);
        var run = await AdvanceAsync(source, 1);
        await RunCopier.CopyAsync(source, "r", target, null, Token);
        await RunCopier.CopyAsync(source, "r", early, null, Token);
        await run.CommitAsync(await TestRun.ManifestAsync(source, 2), run.Head.Journal, run.Head.Kept, Token);
        var copy = await RunCopier.CopyAsync(source, "r", target, null, Token);
        Assert.Equal((2L, 3), (copy.Step, copy.Blobs));
        await TestRun.AssertLoadableAsync(target, 2);

        var refused = await Assert.ThrowsAsync<InvalidDataFileException>(() => RunCopier.CopyAsync(early, "r", target, null, Token));
        Assert.Contains("at step 2 already", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CopyAsync_target_that_somebody_begins_to_train_meanwhile_keeps_its_head()
    {
        using var folder = new TempFolder();
        var (source, target) = (new FolderBlobStore(folder["source"]), new FolderBlobStore(folder["target"]));
        var run = await AdvanceAsync(source, 1);
        await RunCopier.CopyAsync(source, "r", target, null, Token);
        await run.CommitAsync(await TestRun.ManifestAsync(source, 2), run.Head.Journal, run.Head.Kept, Token);
        await using var trained = new TrainedMeanwhile(target);
        await Assert.ThrowsAsync<RunHeldException>(() => RunCopier.CopyAsync(source, "r", trained, null, Token));
        await TestRun.AssertLoadableAsync(target, 5);
    }

    [Fact]
    public async Task CopyAsync_damaged_blob_is_named_and_nothing_is_copied_over_it()
    {
        using var folder = new TempFolder();
        var (source, target) = (new FolderBlobStore(folder["source"]), new FolderBlobStore(folder["target"]));
        var run = await AdvanceAsync(source, 1);
        var weights = run.Manifest!.Part("embedding").Weights.Sha256;
        await File.WriteAllBytesAsync(folder[$"source/blobs/{weights[..2]}/{weights}"], [0], Token);
        var failure = await Assert.ThrowsAsync<BlobCorruptException>(() => RunCopier.CopyAsync(source, "r", target, null, Token));
        Assert.Equal("the weights of embedding of run 'r'", failure.What);
        Assert.Null(await RunStore.ReadHeadAsync(target, "r", Token));
    }

    [Fact]
    public async Task CopyAsync_manifest_that_is_damaged_here_and_whole_in_the_target_is_named()
    {
        using var folder = new TempFolder();
        var (source, target) = (new FolderBlobStore(folder["source"]), new FolderBlobStore(folder["target"]));
        var run = await AdvanceAsync(source, 1);
        await target.PutAsync(new BytesBlob(run.Manifest!.ToJson()), Token);
        var manifest = run.Head.Manifest!.Sha256;
        await File.WriteAllBytesAsync(folder[$"source/blobs/{manifest[..2]}/{manifest}"], [0], Token);
        var failure = await Assert.ThrowsAsync<BlobCorruptException>(() => RunCopier.CopyAsync(source, "r", target, null, Token));
        Assert.Equal("the manifest of step 1 of run 'r'", failure.What);
        Assert.Null(await RunStore.ReadHeadAsync(target, "r", Token));
    }

    [Fact]
    public async Task Of_sizes_count_what_two_runs_name_as_shared()
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder.Root);
        var run = await AdvanceAsync(store, 1);
        var second = await RunStore.AcquireAsync(store, "s", new RunClaim(RunHeadStates.Paused), Token);
        await second.CommitAsync(run.Manifest! with { Run = "s" }, Token);
        var sizes = RunSize.Of(await StoreContents.ReadAsync(store, Token));
        Assert.Equal(["r", "s"], sizes.Select(s => s.Run));

        // The settings and the weights, a byte each; each has a manifest of its own, and the first a journal.
        Assert.All(sizes, s => Assert.Equal(2, s.SharedBytes));
        Assert.All(sizes, s => Assert.True(s.OwnBytes > 100));
    }

    // With a journal, as every run has that was begun.
    private static async Task<RunStore> AdvanceAsync(IBlobStore store, long step)
    {
        var run = await TestRun.AcquireAsync(store);
        var entry = new BytesBlob(System.Text.Encoding.UTF8.GetBytes($"{{\"begun\":\"{Guid.NewGuid()}\"}}\n"));
        await store.PutAsync(entry, Token);
        var journal = new LogSegment(new BlobRef(entry.Sha256, entry.Length), 1, 1);
        await run.CommitAsync(await TestRun.ManifestAsync(store, step), [journal], run.Head.Kept, Token);
        return run;
    }

    // Another process takes the run before the first blob is written, and trains it to step 5.
    private sealed class TrainedMeanwhile(IBlobStore inner) : DelegatingBlobStore(inner), IAsyncDisposable
    {
        private readonly SemaphoreSlim _turn = new(1);
        private RunLease? _lease;

        public override async Task<bool> PutAsync(IBlobSource blob, CancellationToken cancellationToken)
        {
            await _turn.WaitAsync(cancellationToken);
            if (_lease is null)
            {
                var run = await TestRun.AcquireAsync(Inner);
                _lease = await RunLease.AcquireAsync(
                    Inner, "r", RunHolder.ThisProcess with { Id = "another" }, false, new LeaseOptions(), TimeProvider.System, Token);
                await run.CommitAsync(await TestRun.ManifestAsync(Inner, 5), run.Head.Journal, run.Head.Kept, Token);
            }

            _turn.Release();
            return await base.PutAsync(blob, cancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            _turn.Dispose();
            if (_lease is not null) await _lease.DisposeAsync();
        }
    }
}
