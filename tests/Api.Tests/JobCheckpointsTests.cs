using LisaOrleans.Checkpoints;

namespace LisaOrleans.Api.Tests;

/// <summary>A job's list of checkpoints, which changes while the job goes on, and their names.</summary>
public sealed class JobCheckpointsTests : IDisposable
{
    private const string Id = "ftjob-a";

    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(null, false, "20,15,10,5")]
    [InlineData("ftckpt-a-15", false, "10,5")]
    [InlineData("ftckpt-a-15", true, "20")]
    [InlineData("ftckpt-a-12", false, "10,5")]
    [InlineData("ftckpt-a-2", false, "")]
    public async Task ListAsync_page_goes_on_after_a_checkpoint_that_is_no_longer_kept(string? after, bool ascending, string steps)
    {
        var page = await ListAsync(new ApiPage(after, 10, ascending));
        Assert.Equal(steps, string.Join(',', page.Data.Select(c => c.StepNumber)));
        Assert.False(page.HasMore);
        Assert.Equal(page.Data.Count > 0, (await ListAsync(new ApiPage(after, 1, ascending))).Data.Count == 1);
    }

    [Theory]
    [InlineData("ftckpt-b-15")]
    [InlineData("ftckpt-a-015")]
    [InlineData("ftckpt-a-")]
    public async Task ListAsync_id_that_is_none_is_refused(string after) =>
        await Assert.ThrowsAsync<ApiException>(() => ListAsync(new ApiPage(after, 10, false)));

    [Theory]
    [InlineData("ft:base:lisa::a:ckpt-step-15", 15L)]
    [InlineData("ft:base:lisa::a:ckpt-step-015", null)]
    [InlineData("ft:base:lisa::a:ckpt-step-+15", null)]
    [InlineData("ft:base:lisa::a:ckpt-step-", null)]
    [InlineData("ft:base:lisa::a", null)]
    public void Split_checkpoint_has_one_name(string id, long? step) =>
        Assert.Equal((step is null ? id : "ft:base:lisa::a", step), ModelIds.Split(id));

    private async Task<ApiList<CheckpointObject>> ListAsync(ApiPage page)
    {
        var store = new FolderBlobStore(_folder["store"]);
        var blob = new BytesBlob([1]);
        await store.PutAsync(blob, Token);
        var named = new BlobRef(blob.Sha256, blob.Length);
        KeptManifest[] kept = [.. new long[] { 0, 5, 10, 15, 20 }.Select(s => new KeptManifest(s, named, 1, DateTimeOffset.UnixEpoch))];
        var list = await KeptManifests.WriteAsync(store, null, [], kept, Token);
        var session = await RunStore.AcquireAsync(store, Id, new RunClaim(RunHeadStates.Queued), Token);
        var manifest = new Manifest
        {
            Run = Id,
            Generation = session.Generation,
            Step = 20,
            Spec = named,
            Parts = new Dictionary<string, PartState>(),
            Files = new Dictionary<string, BlobRef>(),
            Log = [],
        };
        await session.CommitAsync(manifest, null, list, Token);
        var job = ImportedJob.Of(Id);
        return await new JobCheckpoints(store).ListAsync(job, new RunStatus { Run = Id, State = RunState.Running }, page, Token);
    }
}
