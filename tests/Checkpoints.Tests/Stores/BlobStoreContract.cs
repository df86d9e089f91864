namespace LisaOrleans.Checkpoints.Tests;

/// <summary>What every store must do. A new kind of store derives from this.</summary>
public abstract partial class BlobStoreContract
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3_000_000)]
    public async Task PutAsync_blob_is_written_once_and_read_back(int length)
    {
        using var test = await CreateAsync();
        var bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        var blob = new BytesBlob(bytes);
        Assert.False(await test.Store.RenewAsync(new BlobRef(blob.Sha256, blob.Length), Token));

        Assert.True(await test.Store.PutAsync(blob, Token));
        Assert.False(await test.Store.PutAsync(blob, Token));

        Assert.True(await test.OpenAgain().RenewAsync(new BlobRef(blob.Sha256, blob.Length), Token));
        using var content = await test.OpenAgain().ReadAsync(new BlobRef(blob.Sha256, length), Token);
        Assert.True(bytes.AsSpan().SequenceEqual(content.ToArray()));
        using var copy = new MemoryStream();
        await content.AsStream().CopyToAsync(copy, Token);
        Assert.True(bytes.AsSpan().SequenceEqual(copy.ToArray()));
        var stored = Assert.Single(await test.Store.ListAsync(Token).ToListAsync(Token));
        Assert.Equal((blob.Sha256, length), (stored.Sha256, stored.Length));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5_000_000)]
    public async Task PutAsync_file_is_stored_as_its_bytes_and_reports_progress(int length)
    {
        using var test = await CreateAsync();
        using var folder = new TempFolder();
        var bytes = new byte[length];
        new Random(2).NextBytes(bytes);
        await File.WriteAllBytesAsync(folder["file"], bytes, Token);
        var sent = new List<long>();
        var blob = await FileBlob.OpenAsync(folder["file"], sent.Add, Token);
        Assert.Equal(new BytesBlob(bytes).Sha256, blob.Sha256);
        Assert.True(await test.Store.PutAsync(blob, Token));
        Assert.Equal(length, sent[^1]);
        using var content = await test.OpenAgain().ReadAsync(new BlobRef(blob.Sha256, blob.Length), Token);
        Assert.True(bytes.AsSpan().SequenceEqual(content.ToArray()));
    }

    [Fact]
    public async Task ReadAsync_flipped_bit_wrong_length_or_missing_blob_throws()
    {
        using var test = await CreateAsync();
        var blob = new BytesBlob(new byte[1000]);
        await Assert.ThrowsAsync<BlobMissingException>(() => test.Store.ReadAsync(new BlobRef(blob.Sha256, 1000), Token));
        await test.Store.PutAsync(blob, Token);
        await Assert.ThrowsAsync<BlobCorruptException>(() => test.Store.ReadAsync(new BlobRef(blob.Sha256, 999), Token));
        await Assert.ThrowsAsync<BlobCorruptException>(() => test.Store.ReadAsync(new BlobRef(blob.Sha256, 1001), Token));

        await test.DamageAsync(blob.Sha256);

        await Assert.ThrowsAsync<BlobCorruptException>(() => test.Store.ReadAsync(new BlobRef(blob.Sha256, 1000), Token));
        await test.Store.DeleteNowAsync(blob.Sha256);
        await Assert.ThrowsAsync<BlobMissingException>(() => test.Store.ReadAsync(new BlobRef(blob.Sha256, 1000), Token));
        await test.Store.DeleteNowAsync(blob.Sha256);
        Assert.True(await test.Store.PutAsync(blob, Token));
    }

    [Fact]
    public async Task PutAsync_existing_blob_becomes_new_to_the_garbage_collector()
    {
        using var test = await CreateAsync();
        var blob = new BytesBlob([1]);
        await test.Store.PutAsync(blob, Token);
        var before = (await test.Store.ListAsync(Token).SingleAsync(Token)).LastModified;

        // Some stores keep whole seconds.
        await Until.True(() => DateTimeOffset.UtcNow > before.AddSeconds(1.1));
        Assert.False(await test.Store.PutAsync(blob, Token));
        Assert.True((await test.Store.ListAsync(Token).SingleAsync(Token)).LastModified > before);
    }

    [Fact]
    public async Task PutAsync_truncated_blob_does_not_count_and_is_written_anew()
    {
        using var test = await CreateAsync();
        var blob = new BytesBlob(new byte[1000]);
        var named = new BlobRef(blob.Sha256, 1000);
        await test.Store.PutAsync(blob, Token);
        await test.CutOffAsync(blob.Sha256);
        Assert.False(await test.Store.RenewAsync(named, Token));

        Assert.True(await test.Store.PutAsync(blob, Token));

        Assert.True(await test.Store.RenewAsync(named, Token));
        (await test.OpenAgain().ReadAsync(named, Token)).Dispose();
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(400, 400)]
    [InlineData(2000, 1000)]
    public async Task ReadStartAsync_first_bytes_come_and_no_more_than_there_are(int wanted, int expected)
    {
        using var test = await CreateAsync();
        var bytes = new byte[1000];
        new Random(3).NextBytes(bytes);
        var blob = new BytesBlob(bytes);
        var named = new BlobRef(blob.Sha256, blob.Length);
        await Assert.ThrowsAsync<BlobMissingException>(() => test.Store.ReadStartAsync(named, wanted, Token));
        await test.Store.PutAsync(blob, Token);

        Assert.Equal(bytes[..expected], await test.Store.ReadStartAsync(named, wanted, Token));

        await test.CutOffAsync(blob.Sha256);
        await Assert.ThrowsAsync<BlobCorruptException>(() => test.Store.ReadStartAsync(named, wanted, Token));
    }

    // Garbage collection lists blobs, checks which are named, and deletes the rest; meanwhile somebody may name one.
    [Fact]
    public async Task DeleteAsync_blob_renewed_since_it_was_listed_stays()
    {
        using var test = await CreateAsync();
        var blob = new BytesBlob([1]);
        await test.Store.PutAsync(blob, Token);
        var listed = await test.Store.ListAsync(Token).SingleAsync(Token);
        Assert.False(await test.OpenAgain().PutAsync(blob, Token));
        Assert.False(await test.Store.DeleteAsync(listed, Token));
        Assert.True(await test.Store.RenewAsync(new BlobRef(blob.Sha256, 1), Token));

        Assert.True(await test.Store.DeleteAsync(await test.Store.ListAsync(Token).SingleAsync(Token), Token));
        await test.Store.DeleteAsync(listed, Token);
        Assert.Empty(await test.Store.ListAsync(Token).ToListAsync(Token));
    }

    [Fact]
    public async Task CommitAsync_manifest_that_names_a_missing_blob_is_refused()
    {
        using var test = await CreateAsync();
        var run = await TestRun.AcquireAsync(test.Store);
        await run.CommitAsync(await TestRun.ManifestAsync(test.Store, 1), Token);
        var manifest = await TestRun.ManifestAsync(test.Store, 2);
        await test.Store.DeleteNowAsync(manifest.Parts["embedding"].Weights.Sha256);

        var e = await Assert.ThrowsAsync<IOException>(() => run.CommitAsync(manifest, Token));

        Assert.Contains(manifest.Parts["embedding"].Weights.Sha256, e.Message, StringComparison.Ordinal);
        await TestRun.AssertLoadableAsync(test.Store, 1);
        await run.CommitAsync(await TestRun.ManifestAsync(test.Store, 2), Token);
        await TestRun.AssertLoadableAsync(test.Store, 2);
    }

    [Fact]
    public async Task PutDocumentAsync_other_version_than_was_read_is_refused()
    {
        using var test = await CreateAsync();
        const string path = "runs/a/head.json";
        Assert.Null(await test.Store.GetDocumentAsync(path, Token));
        await Assert.ThrowsAsync<ETagMismatchException>(() => test.Store.PutDocumentAsync(path, new byte[] { 1 }, "\"0x1\"", Token));
        var first = await test.Store.PutDocumentAsync(path, new byte[] { 1 }, null, Token);
        await Assert.ThrowsAsync<ETagMismatchException>(() => test.Store.PutDocumentAsync(path, new byte[] { 2 }, null, Token));
        var second = await test.Store.PutDocumentAsync(path, new byte[] { 2 }, first, Token);
        await Assert.ThrowsAsync<ETagMismatchException>(() => test.Store.PutDocumentAsync(path, new byte[] { 3 }, first, Token));

        var document = await test.OpenAgain().GetDocumentAsync(path, Token);
        Assert.Equal((2, second), (Assert.Single(document!.Content), document.ETag));

        await test.Store.PutDocumentAsync("runs/b/head.json", new byte[] { 1 }, null, Token);
        await test.Store.PutDocumentAsync("other", new byte[] { 1 }, null, Token);
        await test.Store.PutAsync(new BytesBlob([1]), Token);
        Assert.Equal([path, "runs/b/head.json"], (await test.Store.ListDocumentsAsync("runs/", Token).ToListAsync(Token)).Order());
        Assert.Equal(["other", path, "runs/b/head.json"], (await test.Store.ListDocumentsAsync("", Token).ToListAsync(Token)).Order());
        await test.Store.DeleteDocumentAsync(path, Token);
        await test.Store.DeleteDocumentAsync(path, Token);
        Assert.Null(await test.Store.GetDocumentAsync(path, Token));
    }

    [Fact]
    public async Task PutDocumentAsync_many_writers_at_once_exactly_one_wins()
    {
        using var test = await CreateAsync();
        string? etag = null;
        for (byte round = 0; round < 5; round++)
        {
            var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
            {
                try
                {
                    return await test.OpenAgain().PutDocumentAsync("d", new byte[] { round, (byte)i }, etag, Token);
                }
                catch (ETagMismatchException)
                {
                    return null;
                }
            })));
            etag = Assert.Single(results, r => r is not null);
            Assert.Equal(etag, (await test.Store.GetDocumentAsync("d", Token))!.ETag);
        }

        var blob = new BytesBlob(new byte[100_000]);
        var puts = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => test.OpenAgain().PutAsync(blob, Token))));
        Assert.Contains(true, puts);
        (await test.Store.ReadAsync(new BlobRef(blob.Sha256, 100_000), Token)).Dispose();
    }

    [Theory]
    [InlineData("not-a-hash")]
    [InlineData("../BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD")]
    public async Task ReadAsync_name_that_is_no_hash_is_refused(string name)
    {
        using var test = await CreateAsync();
        await Assert.ThrowsAsync<ArgumentException>(() => test.Store.RenewAsync(new BlobRef(name, 1), Token));
        await Assert.ThrowsAsync<ArgumentException>(() => test.Store.ReadAsync(new BlobRef(name, 1), Token));
        await Assert.ThrowsAsync<ArgumentException>(() => test.Store.DeleteAsync(new StoredBlob(name, 1, default, "1"), Token));
    }

    [Fact]
    public async Task CommitAsync_stale_owner_commits_nothing()
    {
        using var test = await CreateAsync();
        var stale = await TestRun.AcquireAsync(test.Store);
        var owner = await TestRun.AcquireAsync(test.OpenAgain());
        await Assert.ThrowsAsync<StaleGenerationException>(async () => await stale.CommitAsync(await TestRun.ManifestAsync(test.Store, 1), Token));
        await Assert.ThrowsAsync<StaleGenerationException>(() => stale.SetStateAsync(RunHeadStates.Paused, null, Token));
        await owner.CommitAsync(await TestRun.ManifestAsync(test.Store, 2), Token);
        Assert.Equal(
            (2, RunHeadStates.Running),
            ((await RunStore.ReadHeadAsync(test.Store, "r", Token))!.Step, (await RunStore.ReadHeadAsync(test.Store, "r", Token))!.State));
    }

    [Fact]
    public async Task AcquireAsync_many_owners_at_once_get_different_generations_and_the_last_can_commit()
    {
        using var test = await CreateAsync();
        var owners = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => TestRun.AcquireAsync(test.OpenAgain()))));
        Assert.Equal([1, 2, 3, 4, 5, 6], owners.Select(o => o.Generation).Order());
        var manifest = await TestRun.ManifestAsync(test.Store, 1);
        foreach (var owner in owners.Where(o => o.Generation < 6))
            await Assert.ThrowsAsync<StaleGenerationException>(() => owner.CommitAsync(manifest, Token));
        await owners.Single(o => o.Generation == 6).CommitAsync(manifest, Token);
    }

    [Fact]
    public async Task CollectAsync_old_garbage_goes_and_what_a_manifest_names_stays()
    {
        using var test = await CreateAsync();
        var run = await TestRun.AcquireAsync(test.Store);
        await run.CommitAsync(await TestRun.ManifestAsync(test.Store, 1), Token);
        await run.CommitAsync(await TestRun.ManifestAsync(test.Store, 2), Token);
        await test.Store.PutAsync(new BytesBlob([1, 2, 3]), Token);
        Assert.Equal(0, (await GarbageCollector.CollectAsync(test.Store, TimeSpan.FromHours(1), TimeProvider.System, Token)).Deleted);

        // The manifest of step 1, its two blobs, and the one that nobody names.
        var report = await GarbageCollector.CollectAsync(test.Store, TimeSpan.Zero, TimeProvider.System, Token);
        Assert.Equal((3, 4), (report.Kept, report.Deleted));
        await TestRun.AssertLoadableAsync(test.OpenAgain(), 2);
    }

    // The process dies before or after any of its calls to the store; the next one finds a run that is whole, and goes on.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CommitAsync_crash_at_any_call_leaves_a_whole_run_that_goes_on_without_cleaning_up(bool afterTheCall)
    {
        for (var crashAt = 0; ; crashAt++)
        {
            using var test = await CreateAsync();
            var dying = new CrashingBlobStore(test.Store, crashAt, afterTheCall);
            var committed = 0L;
            try
            {
                var run = await TestRun.AcquireAsync(dying);
                for (var step = 1; step <= 2; step++)
                {
                    await run.CommitAsync(await TestRun.ManifestAsync(dying, step), Token);
                    committed = step;
                }

                await GarbageCollector.CollectAsync(dying, TimeSpan.Zero, TimeProvider.System, Token);
                await run.SetStateAsync(RunHeadStates.Paused, null, Token);
            }
            catch (SimulatedCrashException)
            {
                // What is left is looked at below.
            }

            var next = await TestRun.AcquireAsync(test.OpenAgain());
            var found = next.Manifest?.Step ?? 0;
            Assert.InRange(found, committed, committed + 1);
            if (found > 0) await TestRun.AssertLoadableAsync(test.OpenAgain(), found);
            await next.CommitAsync(await TestRun.ManifestAsync(test.OpenAgain(), 3), Token);
            await GarbageCollector.CollectAsync(test.OpenAgain(), TimeSpan.Zero, TimeProvider.System, Token);
            await TestRun.AssertLoadableAsync(test.OpenAgain(), 3);
            if (dying.Crashed) continue;

            // To acquire, two commits of four writes each, a collection, and a last swap of the head.
            Assert.True(crashAt >= 15, $"only {crashAt} calls were tried");
            break;
        }
    }

    /// <summary>Makes an empty store, or skips the test where there can be none.</summary>
    protected abstract Task<StoreUnderTest> CreateAsync();
}
