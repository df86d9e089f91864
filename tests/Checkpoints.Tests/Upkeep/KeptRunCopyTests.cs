namespace LisaOrleans.Checkpoints.Tests;

/// <summary>A run with a history in other hands: copied and verified with all that it keeps.</summary>
public sealed class KeptRunCopyTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CopyAsync_run_with_kept_manifests_has_all_of_them_in_the_copy()
    {
        using var folder = new TempFolder();
        var (store, target) = (new FolderBlobStore(folder["here"]), new FolderBlobStore(folder["there"]));
        var run = await TestRun.AcquireAsync(store);
        var first = await TestRun.ManifestAsync(store, 1);
        await run.CommitAsync(first, Token);
        var second = await TestRun.ManifestAsync(store, 2);
        KeptManifest[] kept = [new(1, first.ToBlobRef(), 1, DateTimeOffset.UnixEpoch), new(2, second.ToBlobRef(), 1, DateTimeOffset.UnixEpoch)];
        await run.CommitAsync(second, null, await KeptManifests.WriteAsync(store, null, [], kept, Token), Token);

        await RunCopier.CopyAsync(store, "r", target, null, Token);
        Assert.Equal(1, (await RunManifests.ReadAsync(target, ManifestAddress.Parse("r@1"), Token)).Manifest.Step);
        await GarbageCollector.CollectAsync(target, TimeSpan.Zero, TimeProvider.System, Token);
        Assert.Empty((await StoreVerifier.VerifyAsync(target, null, Token)).Faults);

        // What only an earlier manifest names is missed by the verification, and named.
        File.Delete(Directory.GetFiles(folder["there"], first.Spec.Sha256, SearchOption.AllDirectories).Single());
        var fault = Assert.Single((await StoreVerifier.VerifyAsync(target, null, Token)).Faults);
        Assert.Contains("the settings of run 'r'", fault.Message, StringComparison.Ordinal);
    }
}
