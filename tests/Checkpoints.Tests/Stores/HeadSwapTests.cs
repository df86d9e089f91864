using Azure.Storage.Blobs;

namespace LisaOrleans.Checkpoints.Tests;

/// <summary>What a refused swap of a run's head may mean, against a real emulator behind a connection that lies.</summary>
public sealed class HeadSwapTests(AzuriteFixture fixture)
{
    private readonly AzureFaults _faults = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CommitAsync_refusal_without_a_reason_is_not_taken_for_another_owner()
    {
        var store = await StoreAsync();
        var refused = 0;
        _faults.Before = (request, _) => Task.FromResult(IsSwap(request) && refused++ % 3 < 2 ? AzureFaults.Error(412, "ConditionNotMet") : null);

        var run = await TestRun.AcquireAsync(store);
        await run.CommitAsync(await TestRun.ManifestAsync(store, 1), Token);
        await run.SetStateAsync(RunHeadStates.Paused, null, Token);

        Assert.Equal(9, refused);
        var head = await RunStore.ReadHeadAsync(store, "r", Token);
        Assert.Equal((1, 1, RunHeadStates.Paused), (head!.Generation, head.Step, head.State));
        await TestRun.AssertLoadableAsync(store, 1);
    }

    [Fact]
    public async Task CommitAsync_endless_refusals_without_a_reason_are_passed_on()
    {
        var store = await StoreAsync();
        var run = await TestRun.AcquireAsync(store);
        var manifest = await TestRun.ManifestAsync(store, 1);
        _faults.Before = (request, _) => Task.FromResult(IsSwap(request) ? AzureFaults.Error(412, "ConditionNotMet") : null);
        await Assert.ThrowsAsync<ETagMismatchException>(() => run.CommitAsync(manifest, Token));
        await Assert.ThrowsAsync<ETagMismatchException>(() => TestRun.AcquireAsync(store));

        _faults.Before = null;
        await run.CommitAsync(manifest, Token);
        await TestRun.AssertLoadableAsync(store, 1);
    }

    // The commit came through although its owner gave it up; what the owner writes next keeps it.
    [Fact]
    public async Task CommitAsync_given_up_but_carried_out_is_not_undone()
    {
        var store = await StoreAsync();
        var run = await TestRun.AcquireAsync(store);
        await run.CommitAsync(await TestRun.ManifestAsync(store, 1), Token);
        var manifest = await TestRun.ManifestAsync(store, 2);
        _faults.After = (response, _) => Task.FromResult(IsSwap(response.RequestMessage!) ? AzureFaults.Error(500, "OperationTimedOut") : response);
        await Assert.ThrowsAsync<Azure.RequestFailedException>(() => run.CommitAsync(manifest, Token));

        _faults.After = null;
        await run.SetStateAsync(RunHeadStates.Failed, "the store was away", Token);

        await TestRun.AssertLoadableAsync(store, 2);
        Assert.Equal(RunHeadStates.Failed, (await RunStore.ReadHeadAsync(store, "r", Token))!.State);
    }

    // Whatever is lost and refused on the way, an owner that was replaced never gets in between.
    [Fact]
    public async Task CommitAsync_given_up_and_replaced_by_another_owner_never_comes_through()
    {
        var store = await StoreAsync();
        var stale = await TestRun.AcquireAsync(store);
        var manifest = await TestRun.ManifestAsync(store, 2);
        _faults.Before = (request, _) => Task.FromResult(IsSwap(request) ? AzureFaults.Error(503, "ServerBusy") : null);
        await Assert.ThrowsAsync<Azure.RequestFailedException>(() => stale.CommitAsync(manifest, Token));
        _faults.Before = null;
        var owner = await TestRun.AcquireAsync(store);
        await owner.CommitAsync(await TestRun.ManifestAsync(store, 1), Token);

        await Assert.ThrowsAsync<StaleGenerationException>(() => stale.CommitAsync(manifest, Token));
        await Assert.ThrowsAsync<StaleGenerationException>(() => stale.SetStateAsync(RunHeadStates.Failed, null, Token));
        await TestRun.AssertLoadableAsync(store, 1);
    }

    private static bool IsSwap(HttpRequestMessage request) =>
        request.Method == HttpMethod.Put && request.RequestUri!.AbsolutePath.EndsWith("head.json", StringComparison.Ordinal);

    private async Task<AzureBlobStore> StoreAsync()
    {
        var (azurite, name) = await fixture.RequireAsync();
        await new BlobContainerClient(azurite.ConnectionString, name, AzureFaults.Options()).CreateAsync(cancellationToken: Token);
        return new AzureBlobStore(new BlobContainerClient(azurite.ConnectionString, name, AzureFaults.Options(_faults)));
    }
}
