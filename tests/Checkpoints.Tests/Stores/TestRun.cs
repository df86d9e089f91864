namespace LisaOrleans.Checkpoints.Tests;

/// <summary>A small run <c>r</c> whose manifests name two blobs that differ with the step.</summary>
internal static class TestRun
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static Task<RunStore> AcquireAsync(IBlobStore store) => RunStore.AcquireAsync(store, "r", new RunClaim(RunHeadStates.Running), Token);

    public static async Task<Manifest> ManifestAsync(IBlobStore store, long step) => new()
    {
        Run = "r",
        Generation = 1,
        Step = step,
        Spec = await BlobAsync(store, (byte)step),
        Parts = new Dictionary<string, PartState> { ["embedding"] = new() { Weights = await BlobAsync(store, (byte)(100 + step)) } },
        Files = new Dictionary<string, BlobRef>(),
        Log = [],
    };

    public static async Task AssertLoadableAsync(IBlobStore store, long step)
    {
        var head = await RunStore.ReadHeadAsync(store, "r", Token);
        var manifest = await RunStore.ReadManifestAsync(store, head!.Manifest!, Token);
        Assert.Equal((step, step), (head.Step, manifest.Step));
        Assert.NotEmpty(manifest.References());
        foreach (var blob in manifest.References()) (await store.ReadAsync(blob, Token)).Dispose();
    }

    private static async Task<BlobRef> BlobAsync(IBlobStore store, byte content)
    {
        var blob = new BytesBlob([content]);
        await store.PutAsync(blob, Token);
        return new BlobRef(blob.Sha256, blob.Length);
    }
}
