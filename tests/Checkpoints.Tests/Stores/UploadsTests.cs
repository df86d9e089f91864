namespace LisaOrleans.Checkpoints.Tests;

/// <summary>Uploads are deleted when they are old, unless a run has taken one over.</summary>
public sealed class UploadsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task CleanAsync_old_uploads_go_and_those_that_a_run_names_stay()
    {
        var store = new FolderBlobStore(_folder.Root);
        var (gone, named, other) = (new BytesBlob("gone"u8.ToArray()), new BytesBlob("named"u8.ToArray()), new BytesBlob("other"u8.ToArray()));
        await Uploads.PutAsync(store, gone, Token);
        await Uploads.PutAsync(store, named, Token);
        await Uploads.PutAsync(store, named, Token);
        await store.PutAsync(other, Token);
        var reference = new BlobRef(named.Sha256, named.Length);
        var run = await RunStore.AcquireAsync(store, "run", new RunClaim(RunHeadStates.Queued), Token);
        await run.CommitAsync(
            new Manifest
            {
                Run = "run",
                Generation = 1,
                Step = 0,
                Spec = reference,
                Parts = new Dictionary<string, PartState>(),
                Files = new Dictionary<string, BlobRef>(),
                Log = [],
            },
            Token);

        async Task<bool> IsThere(BytesBlob blob) => await store.ListAsync(Token).AnyAsync(b => b.Sha256 == blob.Sha256, Token);

        await Uploads.CleanAsync(store, TimeSpan.FromHours(1), TimeProvider.System, Token);
        Assert.True(await IsThere(gone));

        await Uploads.CleanAsync(store, TimeSpan.Zero, TimeProvider.System, Token);
        Assert.False(await IsThere(gone));
        Assert.True(await IsThere(named));
        Assert.True(await IsThere(other));

        // The mark of what is gone is gone too; the other keeps its mark for as long as it is there.
        Assert.Equal([$"uploads/{named.Sha256}"], await store.ListDocumentsAsync("uploads/", Token).ToListAsync(Token));
    }
}
