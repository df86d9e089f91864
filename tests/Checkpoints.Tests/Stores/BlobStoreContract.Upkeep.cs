namespace LisaOrleans.Checkpoints.Tests;

/// <content>What <c>lisa store</c> does, on every kind of store.</content>
public abstract partial class BlobStoreContract
{
    [Fact]
    public async Task VerifyAsync_says_what_is_damaged_or_missing_and_RepairAsync_puts_it_back()
    {
        using var test = await CreateAsync();
        using var folder = new TempFolder();
        var manifest = await RunAsync(test.Store, 3);
        var named = await BlobAsync(test.Store, "named by a document");
        await test.Store.PutDocumentAsync("files/f.json", System.Text.Encoding.UTF8.GetBytes($$"""{"sha256":"{{named}}"}"""), null, Token);
        await BlobAsync(test.Store, "nobody's");
        var (contents, none) = await StoreVerifier.VerifyAsync(test.OpenAgain(), null, Token);
        Assert.Empty(none);
        Assert.Equal((5, 1, 1), (contents.Blobs.Count, contents.Runs.Count, contents.Documents.Count));

        var peer = new FolderBlobStore(folder.Root);
        foreach (var blob in contents.Blobs.Values)
        {
            using var content = await test.Store.ReadAsync(new BlobRef(blob.Sha256, blob.Length), Token);
            if (blob.Sha256 != named) await peer.PutAsync(new BytesBlob(content.ToArray()), Token);
        }

        var weights = manifest.Part("embedding").Weights.Sha256;
        await test.DamageAsync(weights);
        await test.Store.DeleteNowAsync(manifest.Spec.Sha256);
        await test.Store.DeleteNowAsync(named);
        var (_, faults) = await StoreVerifier.VerifyAsync(test.OpenAgain(), null, Token);
        Assert.Equal([manifest.Spec.Sha256, weights, named], faults.Select(f => f.Sha256));
        Assert.Contains($"the settings of run 'r' (blob {manifest.Spec.Sha256}) is missing", faults[0].Message, StringComparison.Ordinal);
        Assert.Contains($"the weights of embedding of run 'r' (blob {weights}) is damaged", faults[1].Message, StringComparison.Ordinal);
        Assert.Contains("files/f.json", faults[2].Message, StringComparison.Ordinal);

        var (blobs, bytes, left) = await StoreRepair.RepairAsync(test.OpenAgain(), faults, peer, Token);
        Assert.Equal((2, 2L), (blobs, bytes));
        Assert.Equal([named], left.Select(f => f.Sha256));
        Assert.Equal([named], (await StoreVerifier.VerifyAsync(test.OpenAgain(), null, Token)).Faults.Select(f => f.Sha256));
    }

    [Fact]
    public async Task PutWholeAsync_blob_that_is_damaged_is_replaced_and_one_that_is_whole_stays()
    {
        using var test = await CreateAsync();
        var blob = new BytesBlob(new byte[1000]);
        await StoreRepair.PutWholeAsync(test.Store, blob, Token);
        await StoreRepair.PutWholeAsync(test.Store, blob, Token);
        await test.DamageAsync(blob.Sha256);
        Assert.False(await StoreRepair.IsWholeAsync(test.OpenAgain(), new BlobRef(blob.Sha256, 1000), Token));

        await StoreRepair.PutWholeAsync(test.OpenAgain(), blob, Token);

        Assert.True(await StoreRepair.IsWholeAsync(test.OpenAgain(), new BlobRef(blob.Sha256, 1000), Token));
        Assert.Single(await test.Store.ListAsync(Token).ToListAsync(Token));
    }

    [Fact]
    public async Task VerifyAsync_damaged_manifest_and_head_are_named_and_do_not_hide_the_rest()
    {
        using var test = await CreateAsync();
        await RunAsync(test.Store, 1);
        var head = await RunStore.ReadHeadAsync(test.Store, "r", Token);
        await test.DamageAsync(head!.Manifest!.Sha256);
        await test.Store.PutDocumentAsync("runs/broken/head.json", "{"u8.ToArray(), null, Token);
        var (_, faults) = await StoreVerifier.VerifyAsync(test.OpenAgain(), null, Token);
        Assert.Equal(2, faults.Count);
        Assert.Contains("runs/broken/head.json", faults[0].Message, StringComparison.Ordinal);
        Assert.Contains("the manifest of step 1 of run 'r'", faults[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CopyAsync_brings_what_is_missing_and_never_replaces_another_run()
    {
        using var test = await CreateAsync();
        using var folder = new TempFolder();
        var (source, target) = (new FolderBlobStore(folder["source"]), test.Store);
        await RunAsync(source, 1);
        Assert.Equal((1L, 3, 0), Written(await RunCopier.CopyAsync(source, "r", target, null, Token)));
        Assert.Equal((1L, 0, 3), Written(await RunCopier.CopyAsync(source, "r", target, null, Token)));
        await TestRun.AssertLoadableAsync(target, 1);
        Assert.False((await RunStore.ReadHeadAsync(target, "r", Token))!.IsActive);

        // From here to a folder, and there is no way back to an earlier step.
        var back = new FolderBlobStore(folder["back"]);
        Assert.Equal((1L, 3, 0), Written(await RunCopier.CopyAsync(target, "r", back, null, Token)));
        await TestRun.AssertLoadableAsync(back, 1);
        await Assert.ThrowsAsync<InvalidDataFileException>(() => RunCopier.CopyAsync(source, "other", target, null, Token));

        var other = new FolderBlobStore(folder["other"]);
        await RunAsync(other, 7);
        var refused = await Assert.ThrowsAsync<InvalidDataFileException>(() => RunCopier.CopyAsync(other, "r", target, null, Token));
        Assert.Contains("another run of the name 'r'", refused.Message, StringComparison.Ordinal);
        await TestRun.AssertLoadableAsync(target, 1);
    }

    [Fact]
    public async Task FindAsync_says_what_a_collection_deletes_and_deletes_nothing()
    {
        using var test = await CreateAsync();
        await RunAsync(test.Store, 1);
        var garbage = await BlobAsync(test.Store, "nobody's");
        var found = (await GarbageCollector.FindAsync(test.Store, TimeSpan.Zero, TimeProvider.System, Token)).Old;
        Assert.Equal([garbage], found.Select(b => b.Sha256));
        Assert.Equal(4, await test.Store.ListAsync(Token).CountAsync(Token));
        Assert.Equal(1, (await GarbageCollector.CollectAsync(test.Store, TimeSpan.Zero, TimeProvider.System, Token)).Deleted);
        Assert.Equal(3, await test.Store.ListAsync(Token).CountAsync(Token));
    }

    private static (long Step, int Blobs, int Present) Written(RunCopy copy) => (copy.Step, copy.Blobs, copy.Present);

    private static async Task<Manifest> RunAsync(IBlobStore store, long step)
    {
        var run = await TestRun.AcquireAsync(store);
        var manifest = await TestRun.ManifestAsync(store, step);
        await run.CommitAsync(manifest, Token);
        return manifest;
    }

    private static async Task<string> BlobAsync(IBlobStore store, string text)
    {
        var blob = new BytesBlob(System.Text.Encoding.UTF8.GetBytes(text));
        await store.PutAsync(blob, Token);
        return blob.Sha256;
    }
}
