namespace LisaOrleans.Checkpoints.Tests;

/// <summary>The manifests that a run keeps: how they are named, and that they stay.</summary>
public sealed class RunManifestsTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FolderBlobStore _store;

    public RunManifestsTests() => _store = new FolderBlobStore(_folder.Root);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("r", "r")]
    [InlineData("r@last", "r")]
    [InlineData("r@best", "r@best")]
    [InlineData("my-run.2@120", "my-run.2@120")]
    public void Parse_address_is_written_as_it_is_read(string text, string written) => Assert.Equal(written, ManifestAddress.Parse(text).ToString());

    [Theory]
    [InlineData("r@", "after '@' comes a step, best or last")]
    [InlineData("r@-1", "not '-1'")]
    [InlineData("r@1@2", "not '1@2'")]
    [InlineData("r@first", "not 'first'")]
    [InlineData("@3", "run name ''")]
    [InlineData("../r@3", "run name '../r'")]
    public void Parse_anything_else_says_what_is_right(string text, string says) =>
        Assert.Contains(says, Assert.Throws<ArgumentException>(() => ManifestAddress.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task ReadAsync_each_address_is_the_manifest_of_its_step()
    {
        await KeepAsync(1, 2, 3);
        foreach (var (address, step) in ((string, long)[])[("r", 3), ("r@last", 3), ("r@1", 1), ("r@2", 2), ("r@best", 2), ("r@3", 3)])
            Assert.Equal(step, (await RunManifests.ReadAsync(_store, ManifestAddress.Parse(address), Token)).Manifest.Step);
    }

    [Fact]
    public async Task ReadAsync_last_is_there_though_the_list_of_the_others_is_lost()
    {
        await KeepAsync(1, 2, 3);
        var head = (await RunStore.ReadHeadAsync(_store, "r", Token))!;
        foreach (var segment in head.Kept!) File.Delete(_folder[$"blobs/{segment.Blob.Sha256[..2]}/{segment.Blob.Sha256}"]);
        Assert.Equal(3, (await RunManifests.ReadAsync(_store, ManifestAddress.Parse("r"), Token)).Manifest.Step);
        await Assert.ThrowsAsync<BlobMissingException>(() => RunManifests.ReadAsync(_store, ManifestAddress.Parse("r@2"), Token));
    }

    [Fact]
    public async Task ReadAsync_step_that_is_not_kept_lists_those_that_are()
    {
        await KeepAsync(1, 2, 3);
        var e = await Assert.ThrowsAsync<InvalidDataFileException>(() => RunManifests.ReadAsync(_store, ManifestAddress.Parse("r@7"), Token));
        Assert.Contains("keeps no manifest of step 7; it keeps those of steps 1, 2, 3", e.Message, StringComparison.Ordinal);
        var other = await Assert.ThrowsAsync<InvalidDataFileException>(() => RunManifests.ReadAsync(_store, ManifestAddress.Parse("s"), Token));
        Assert.Contains("has no run 's'", other.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadAsync_run_of_a_build_that_kept_none_has_its_last()
    {
        var run = await TestRun.AcquireAsync(_store);
        await run.CommitAsync(await TestRun.ManifestAsync(_store, 1), Token);
        await run.CommitAsync(await TestRun.ManifestAsync(_store, 4), Token);
        Assert.DoesNotContain("Kept", await File.ReadAllTextAsync(_folder["runs/r/head.json"], Token), StringComparison.Ordinal);
        Assert.Equal(4, (await RunManifests.ReadAsync(_store, ManifestAddress.Parse("r@4"), Token)).Manifest.Step);
        var e = await Assert.ThrowsAsync<InvalidDataFileException>(() => RunManifests.ReadAsync(_store, ManifestAddress.Parse("r@1"), Token));
        Assert.Contains("it keeps only that of step 4", e.Message, StringComparison.Ordinal);
        e = await Assert.ThrowsAsync<InvalidDataFileException>(() => RunManifests.ReadAsync(_store, ManifestAddress.Parse("r@best"), Token));
        Assert.Contains("--keep-manifests best:eval_loss", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CollectAsync_what_a_kept_manifest_of_any_run_names_stays()
    {
        await KeepAsync(1, 2, 3);
        var kept = await RunManifests.FindAsync(_store, "r", Token);
        var fork = await kept!.ReadAsync(kept.Kept[1].Manifest, Token) with { Run = "fork" };
        Assert.True(await RunStore.TryCreateAsync(_store, fork, Token));
        await _store.PutAsync(new BytesBlob([99, 99]), Token);

        // Three manifests of two blobs each, the list, and the fork's manifest; the lists before it go, and what nobody names.
        Assert.Equal((11, 3), Figures(await GarbageCollector.CollectAsync(_store, TimeSpan.Zero, TimeProvider.System, Token)));
        await AssertWholeAsync("r", 1, 2, 3);

        // The run forgets its history; the fork still needs its part of it.
        var run = await TestRun.AcquireAsync(_store);
        await run.CommitAsync(run.Manifest!, run.Head.Journal, null, Token);
        Assert.Equal((6, 5), Figures(await GarbageCollector.CollectAsync(_store, TimeSpan.Zero, TimeProvider.System, Token)));
        await AssertWholeAsync("r", 3);
        await AssertWholeAsync("fork", 2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TryCreateAsync_crash_at_any_call_leaves_the_whole_run_or_none(bool afterTheCall)
    {
        await KeepAsync(1, 2);
        var manifests = await RunManifests.FindAsync(_store, "r", Token);
        for (var crashAt = 0; ; crashAt++)
        {
            var fork = await manifests!.ReadAsync(manifests.Kept[0].Manifest, Token) with { Run = $"fork-{crashAt}" };
            var dying = new CrashingBlobStore(_store, crashAt, afterTheCall);
            try
            {
                Assert.True(await RunStore.TryCreateAsync(dying, fork, Token));
            }
            catch (SimulatedCrashException)
            {
                // What is left is looked at below.
            }

            // Nothing is only half there: either it is not there and can be made, or it is whole.
            var isThere = await RunStore.ReadHeadAsync(_store, fork.Run, Token) is not null;
            Assert.Equal(!isThere, await RunStore.TryCreateAsync(_store, fork, Token));
            await AssertWholeAsync(fork.Run, 1);
            if (dying.Crashed) continue;
            Assert.True(crashAt >= 3, $"only {crashAt} calls were tried");
            break;
        }
    }

    [Fact]
    public async Task TryCreateAsync_blob_that_is_gone_makes_no_run()
    {
        await KeepAsync(1);
        var manifest = (await RunManifests.ReadAsync(_store, ManifestAddress.Parse("r"), Token)).Manifest;
        var gone = new BlobRef(new string('0', 64), 1);
        await Assert.ThrowsAsync<BlobMissingException>(() => RunStore.TryCreateAsync(_store, manifest with { Run = "fork", Spec = gone }, Token));
        Assert.Null(await RunStore.ReadHeadAsync(_store, "fork", Token));
    }

    [Theory]
    [InlineData("r", 2L)]
    [InlineData("r@1", null)]
    public async Task FollowAsync_run_that_went_on_is_read_as_it_is_now(string text, long? step)
    {
        var run = await TestRun.AcquireAsync(_store);
        await run.CommitAsync(await TestRun.ManifestAsync(_store, 1), Token);
        var address = ManifestAddress.Parse(text);
        var reading = RunReading.FollowAsync(_store, address, ReadAsync, Token);
        if (step is { } now)
        {
            Assert.Equal(now, await reading);
        }
        else
        {
            var refused = await Assert.ThrowsAsync<InvalidDataFileException>(() => reading);
            Assert.Contains("keeps no manifest of step 1; it keeps only that of step 2", refused.Message, StringComparison.Ordinal);
        }

        async Task<long> ReadAsync()
        {
            var (manifest, _) = await RunManifests.ReadAsync(_store, address, Token);
            if (manifest.Step == 1)
            {
                await run.CommitAsync(await TestRun.ManifestAsync(_store, 2), Token);
                await GarbageCollector.CollectAsync(_store, TimeSpan.Zero, TimeProvider.System, Token);
            }

            foreach (var blob in manifest.References()) (await _store.ReadAsync(blob, Token)).Dispose();
            return manifest.Step;
        }
    }

    [Theory]
    [InlineData("r")]
    [InlineData("r@2")]
    public async Task FollowAsync_blob_that_the_same_manifest_lacks_is_missing_at_once(string address)
    {
        await KeepAsync(1, 2, 3);
        var reads = 0;
        var gone = new BlobMissingException(new string('0', 64), _store.Location);
        Assert.Same(gone, await Assert.ThrowsAsync<BlobMissingException>(() => RunReading.FollowAsync<int>(
            _store, ManifestAddress.Parse(address), () => ++reads > 0 ? throw gone : Task.FromResult(0), Token)));
        Assert.Equal(1, reads);
    }

    private static (int Kept, int Deleted) Figures(GarbageReport report) => (report.Kept, report.Deleted);

    // Step 2 is the best of them, or the last if there is none.
    private async Task KeepAsync(params long[] steps)
    {
        var run = await TestRun.AcquireAsync(_store);
        IReadOnlyList<KeptManifest> kept = [];
        foreach (var step in steps)
        {
            var manifest = await TestRun.ManifestAsync(_store, step);
            KeptManifest[] now = [.. kept, new(step, manifest.ToBlobRef(), 1, DateTimeOffset.UnixEpoch) { IsBest = step == 2 }];
            var segments = await KeptManifests.WriteAsync(_store, run.Head.Kept, kept, now, Token);
            await run.CommitAsync(manifest, null, segments, Token);
            kept = now;
        }
    }

    private async Task AssertWholeAsync(string run, params long[] steps)
    {
        var manifests = await RunManifests.FindAsync(_store, run, Token);
        Assert.Equal(steps, manifests!.Steps);
        foreach (var blob in manifests.Blobs)
            foreach (var named in (await manifests.ReadAsync(blob, Token)).References()) (await _store.ReadAsync(named, Token)).Dispose();
    }
}
