namespace LisaOrleans.Checkpoints.Tests;

public sealed class RunStoreTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TryBeginAsync_run_with_a_manifest_is_left_as_it_is()
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder.Root);
        var first = await RunStore.TryBeginAsync(store, "r", new RunClaim(RunHeadStates.Queued), Token);
        var second = await RunStore.TryBeginAsync(store, "r", new RunClaim(RunHeadStates.Queued), Token);
        Assert.Equal((1L, 2L), (first!.Generation, second!.Generation));
        await second.CommitAsync(await Manifest(store, 0), Token);
        var before = await RunStore.ReadHeadAsync(store, "r", Token);
        Assert.Null(await RunStore.TryBeginAsync(store, "r", new RunClaim(RunHeadStates.Queued), Token));
        Assert.Equivalent(before, await RunStore.ReadHeadAsync(store, "r", Token));
        await second.SetStateAsync(RunHeadStates.Running, null, Token);
    }

    [Fact]
    public async Task AcquireAsync_next_owner_has_a_higher_generation_and_sees_the_last_manifest()
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder.Root);
        var first = await RunStore.AcquireAsync(store, "r", new RunClaim(RunHeadStates.Running), Token);
        Assert.Null(first.Manifest);
        await first.CommitAsync(await Manifest(store, 7), Token);

        var second = await RunStore.AcquireAsync(store, "r", new RunClaim(RunHeadStates.Running), Token);
        Assert.Equal((2, 7), (second.Generation, second.Manifest!.Step));
        Assert.Equal(["r"], await RunStore.ListRunsAsync(store, Token).ToListAsync(Token));
    }

    [Fact]
    public async Task CommitAsync_stale_owner_commits_nothing()
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder.Root);
        var stale = await RunStore.AcquireAsync(store, "r", new RunClaim(RunHeadStates.Running), Token);
        var owner = await RunStore.AcquireAsync(store, "r", new RunClaim(RunHeadStates.Running), Token);
        var e = await Assert.ThrowsAsync<StaleGenerationException>(async () => await stale.CommitAsync(await Manifest(store, 1), Token));
        Assert.Contains("generation 1 was replaced by 2", e.Message, StringComparison.Ordinal);
        await owner.CommitAsync(await Manifest(store, 2), Token);
        Assert.Equal(2, (await RunStore.ReadHeadAsync(store, "r", Token))!.Step);
    }

    [Fact]
    public async Task SetStateAsync_run_that_was_deleted_and_one_whose_store_has_lost_everything_say_so()
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder.Root);
        var claim = new RunClaim(RunHeadStates.Running);
        var run = await RunStore.AcquireAsync(store, "r", claim, Token);
        await RunStore.DeleteAsync(store, "r", Token);
        var deleted = await Assert.ThrowsAsync<StaleGenerationException>(() => run.SetStateAsync(RunHeadStates.Paused, null, Token));
        Assert.Equal($"run 'r' was deleted from {folder.Root}", deleted.Message);
        File.Delete(folder["store.json"]);
        var gone = await Assert.ThrowsAsync<StoreRefusedException>(() => run.SetStateAsync(RunHeadStates.Paused, null, Token));
        Assert.Equal($"{folder.Root}: the store is gone (no runs/r/head.json, no store.json): is it mounted?", gone.Message);

        // Nor is it made anew for one that takes it back.
        await Assert.ThrowsAsync<StoreRefusedException>(() => RunStore.AcquireAsync(store, "r", claim with { OnlyOwn = true }, Token));
        Assert.Empty(await store.ListDocumentsAsync("", Token).ToListAsync(Token));
    }

    [Fact]
    public async Task AcquireAsync_run_that_was_let_go_of_is_no_recovery_and_its_owner_after_that_is_one_again()
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder.Root);
        var first = await RunStore.AcquireAsync(store, "r", new RunClaim(RunHeadStates.Running), Token);
        await first.LetGoAsync(first.Head.Journal, Token);
        Assert.Equal(RunHeadStates.Running, (await RunStore.ReadHeadAsync(store, "r", Token))!.State);

        // It does not take it back as its own.
        var own = new RunClaim(RunHeadStates.Running) { OnlyOwn = true };
        await Assert.ThrowsAsync<StaleGenerationException>(() => RunStore.AcquireAsync(store, "r", own, Token));
        foreach (var recoveries in (int[])[0, 1, 2])
        {
            var next = await RunStore.AcquireAsync(store, "r", new RunClaim(RunHeadStates.Running), Token);
            Assert.Equal((recoveries > 0, recoveries), (next.Recovered, next.Head.Recoveries));
        }
    }

    [Fact]
    public async Task CommitAsync_crash_at_any_boundary_leaves_the_old_or_the_new_manifest()
    {
        for (var crashAt = 0; ; crashAt++)
        {
            using var folder = new TempFolder();
            var store = new FolderBlobStore(folder.Root);
            var run = await RunStore.AcquireAsync(store, "r", new RunClaim(RunHeadStates.Running), Token);
            await run.CommitAsync(await Manifest(store, 1), Token);

            var (crashed, boundaries) = (false, 0);
            WriteBoundary.Observer = (_, _) =>
            {
                if (boundaries++ == crashAt) throw new SimulatedCrashException();
            };
            try
            {
                await run.CommitAsync(await Manifest(store, 2), Token);
            }
            catch (SimulatedCrashException)
            {
                crashed = true;
            }
            finally
            {
                WriteBoundary.Observer = null;
            }

            var next = await RunStore.AcquireAsync(new FolderBlobStore(folder.Root), "r", new RunClaim(RunHeadStates.Running), Token);
            Assert.Contains(next.Manifest!.Step, new long[] { 1, 2 });
            await GarbageCollector.CollectAsync(store, TimeSpan.Zero, TimeProvider.System, Token);
            foreach (var blob in next.Manifest.References()) (await store.ReadAsync(blob, Token)).Dispose();
            await next.CommitAsync(await Manifest(store, 3), Token);
            Assert.Equal(3, (await RunStore.AcquireAsync(store, "r", new RunClaim(RunHeadStates.Running), Token)).Manifest!.Step);
            if (crashed) continue;

            // Two spec and weights blobs, the manifest and the head, with four boundaries each.
            Assert.True(crashAt >= 12, $"only {crashAt} boundaries were tried");
            break;
        }
    }

    [Fact]
    public async Task CollectAsync_old_garbage_goes_and_what_a_manifest_names_stays()
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder.Root);
        var run = await RunStore.AcquireAsync(store, "r", new RunClaim(RunHeadStates.Running), Token);
        await run.CommitAsync(await Manifest(store, 1), Token);
        await run.CommitAsync(await Manifest(store, 2), Token);
        await store.PutAsync(new BytesBlob([1, 2, 3]), Token);

        var young = await GarbageCollector.CollectAsync(store, TimeSpan.FromHours(1), TimeProvider.System, Token);
        Assert.Equal(0, young.Deleted);

        // The manifest of step 1, its two blobs, and the one that nobody names.
        var report = await GarbageCollector.CollectAsync(store, TimeSpan.Zero, TimeProvider.System, Token);
        Assert.Equal((3, 4), (report.Kept, report.Deleted));
        Assert.Equal(2, (await RunStore.AcquireAsync(store, "r", new RunClaim(RunHeadStates.Running), Token)).Manifest!.Step);
    }

    [Fact]
    public async Task CollectAsync_blob_that_any_document_names_stays()
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder.Root);
        var (named, other) = (new BytesBlob([1, 2, 3]), new BytesBlob([4, 5, 6]));
        await store.PutAsync(named, Token);
        await store.PutAsync(other, Token);
        var document = $$"""{ "kept": [{ "by": { "sha256": "{{named.Sha256}}" } }] }""";
        await store.PutDocumentAsync("anything/new.json", System.Text.Encoding.UTF8.GetBytes(document), null, Token);
        await File.WriteAllTextAsync(folder["notes.txt"], "a file of somebody's", Token);

        var report = await GarbageCollector.CollectAsync(store, TimeSpan.Zero, TimeProvider.System, Token);
        Assert.Equal((1, 1), (report.Kept, report.Deleted));
        (await store.ReadAsync(new BlobRef(named.Sha256, named.Length), Token)).Dispose();
    }

    [Fact]
    public async Task CollectAsync_document_that_cannot_be_read_nothing_is_deleted()
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder.Root);
        await store.PutAsync(new BytesBlob([1, 2, 3]), Token);
        await store.PutDocumentAsync("jobs/broken.json", "{"u8.ToArray(), null, Token);
        var error = await Assert.ThrowsAsync<InvalidDataFileException>(
            () => GarbageCollector.CollectAsync(store, TimeSpan.Zero, TimeProvider.System, Token));
        Assert.Contains("jobs/broken.json", error.Message, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(folder["blobs"], "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task CollectAsync_leftover_of_a_dead_writer_goes_through_the_store_wrappers_of_a_silo_too()
    {
        using var folder = new TempFolder();
        var inner = new FolderBlobStore(folder.Root);
        var store = new MeasuredBlobStore(new ResilientBlobStore(inner, new ResilienceOptions(), TimeProvider.System));
        await store.PutAsync(new BytesBlob([1, 2, 3]), Token);
        var left = Path.Combine(Directory.GetDirectories(folder["blobs"])[0], $".x.{Guid.NewGuid():N}{AtomicFile.TemporarySuffix}");
        await File.WriteAllTextAsync(left, "half", Token);

        await GarbageCollector.CollectAsync(store, TimeSpan.FromHours(1), TimeProvider.System, Token);
        Assert.True(File.Exists(left));
        File.SetLastWriteTimeUtc(left, DateTime.UtcNow.AddHours(-2));
        await GarbageCollector.CollectAsync(store, TimeSpan.FromHours(1), TimeProvider.System, Token);
        Assert.False(File.Exists(left));
    }

    [Theory]
    [InlineData("")]
    [InlineData("../x")]
    [InlineData(".x")]
    [InlineData("a/b")]
    public async Task AcquireAsync_unsafe_run_name_is_refused(string name)
    {
        using var folder = new TempFolder();
        await Assert.ThrowsAsync<ArgumentException>(
            () => RunStore.AcquireAsync(new FolderBlobStore(folder.Root), name, new RunClaim(RunHeadStates.Running), Token));
    }

    [Theory]
    [InlineData("{}", "Run")]
    [InlineData("null", "JSON object")]
    [InlineData("{\"Unknown\":1}", "Unknown")]
    [InlineData("""{"Parts":{"head":null},"Files":{},"Log":[],SPEC}""", "field 'Parts' must not hold null")]
    [InlineData("""{"Parts":{},"Files":{"config.json":null},"Log":[],SPEC}""", "field 'Files' must not hold null")]
    [InlineData("""{"Parts":{},"Files":{},"Log":[null],SPEC}""", "field 'Log' must not hold null")]
    [InlineData("""{"Parts":{},"Files":{},"Log":[{"FirstStep":1,"LastStep":1}],SPEC}""", "field 'Blob' is missing in 'Log[0]'")]
    [InlineData("""{"Parts":{},"Files":{},"Log":[],"Properties":{"a":null},SPEC}""", "field 'Properties' must not hold null")]
    [InlineData("""{"Parts":{},"Files":{},"Log":[],"Dataset":{"Sha256":"x","Length":1},SPEC}""", "the training data: 'x' is not a blob")]
    [InlineData("""{"Parts":{},"Files":{"a":{"Sha256":"HASH","Length":9223372036854775807}},"Log":[],SPEC}""", "field 'Files'")]
    public void FromJson_wrong_manifest_is_refused_with_its_field(string json, string field)
    {
        const string Rest = """
            "FormatVersion":1,"Run":"r","Generation":1,"Step":1,"Spec":{"Sha256":"HASH","Length":1}
            """;
        json = json.Replace("SPEC", Rest, StringComparison.Ordinal).Replace("HASH", new string('a', 64), StringComparison.Ordinal);
        Assert.Contains(
            field,
            Assert.Throws<InvalidDataFileException>(() => Checkpoints.Manifest.FromJson(System.Text.Encoding.UTF8.GetBytes(json), "m")).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "\"Journal\":[{\"FirstStep\":1,\"LastStep\":1}]",
        "field 'Blob' is missing in 'Journal[0]'; bring it back from a copy of the store, or start run 'r' over with --overwrite")]
    [InlineData("\"Kept\":[null]", "runs/r/head.json: field 'Kept' must not hold null")]
    public async Task ReadHeadAsync_head_that_lacks_a_blob_is_refused_with_its_field(string field, string says)
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder.Root);
        var head = $"{{\"Run\":\"r\",\"Generation\":1,\"Step\":1,\"Manifest\":null,{field}}}";
        await store.PutDocumentAsync("runs/r/head.json", System.Text.Encoding.UTF8.GetBytes(head), null, Token);
        var e = await Assert.ThrowsAsync<InvalidDataFileException>(() => RunStore.ReadHeadAsync(store, "r", Token));
        Assert.EndsWith(says, e.Message, StringComparison.Ordinal);
    }

    private static async Task<Manifest> Manifest(IBlobStore store, long step) => new()
    {
        Run = "r",
        Generation = 1,
        Step = step,
        Spec = await Blob(store, (byte)step),
        Parts = new Dictionary<string, PartState> { ["embedding"] = new() { Weights = await Blob(store, (byte)(100 + step)) } },
        Files = new Dictionary<string, BlobRef>(),
        Log = [],
    };

    private static async Task<BlobRef> Blob(IBlobStore store, byte content)
    {
        var blob = new BytesBlob([content]);
        await store.PutAsync(blob, Token);
        return new BlobRef(blob.Sha256, blob.Length);
    }
}
