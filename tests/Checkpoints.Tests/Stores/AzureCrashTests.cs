using Azure.Storage.Blobs;

namespace LisaOrleans.Checkpoints.Tests;

/// <summary>
/// The process dies at each request that a checkpoint makes, in turn: before the service gets it, or when it has been carried
/// out. For a folder it is each change of the disk: <see cref="RunStoreTests"/>.
/// </summary>
public sealed class AzureCrashTests(AzuriteFixture fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CommitAsync_crash_at_any_request_leaves_the_old_or_the_new_manifest(bool afterTheRequest)
    {
        var (azurite, name) = await fixture.RequireAsync();
        for (var crashAt = 1; ; crashAt++)
        {
            var container = new BlobContainerClient(azurite.ConnectionString, $"{name}-{crashAt}", AzureFaults.Options());
            await container.CreateAsync(cancellationToken: Token);
            var store = new AzureBlobStore(container);
            var before = await TestRun.AcquireAsync(store);
            await before.CommitAsync(await TestRun.ManifestAsync(store, 1), Token);

            var crashed = false;
            using var faults = new AzureFaults();
            faults.Before = (_, n) => !afterTheRequest && Dies(n) ? throw new SimulatedCrashException() : Task.FromResult<HttpResponseMessage?>(null);
            faults.After = (response, n) => afterTheRequest && Dies(n) ? throw new SimulatedCrashException() : Task.FromResult(response);
            var dying = new AzureBlobStore(new BlobContainerClient(azurite.ConnectionString, container.Name, AzureFaults.Options(faults)));
            try
            {
                var run = await TestRun.AcquireAsync(dying);
                await run.CommitAsync(await TestRun.ManifestAsync(dying, 2), Token);
                await GarbageCollector.CollectAsync(dying, TimeSpan.Zero, TimeProvider.System, Token);
            }
            catch (SimulatedCrashException)
            {
                // What is left is looked at below.
            }

            var next = await TestRun.AcquireAsync(store);
            var found = next.Manifest!.Step;
            Assert.Contains(found, new long[] { 1, 2 });
            await TestRun.AssertLoadableAsync(store, found);
            await GarbageCollector.CollectAsync(store, TimeSpan.Zero, TimeProvider.System, Token);
            await TestRun.AssertLoadableAsync(store, found);
            await next.CommitAsync(await TestRun.ManifestAsync(store, 3), Token);
            await GarbageCollector.CollectAsync(store, TimeSpan.Zero, TimeProvider.System, Token);
            await TestRun.AssertLoadableAsync(store, 3);
            if (crashed) continue;

            // Two requests for each of three blobs, the check of what is named, the head, and what the collection deletes.
            Assert.True(crashAt >= 15, $"only {crashAt} requests were tried");
            break;

            bool Dies(int request) => crashed |= request >= crashAt;
        }
    }
}
