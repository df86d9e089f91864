using System.Security.Cryptography;
using LisaOrleans.Checkpoints;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace LisaOrleans.Api.Tests;

public sealed class StoreUpkeepTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FolderBlobStore _store;
    private readonly FileCatalog _files;
    private readonly JobCatalog _jobs;
    private readonly Idempotency _idempotency;
    private readonly StoreUpkeep _upkeep;

    public StoreUpkeepTests()
    {
        _store = new FolderBlobStore(_folder["store"]);
        _files = new FileCatalog(_store, TimeProvider.System, NullLogger<FileCatalog>.Instance);
        _jobs = new JobCatalog(_store, NullLogger<JobCatalog>.Instance);
        _idempotency = new Idempotency(_store, null!, TimeProvider.System, NullLogger<Idempotency>.Instance);
        _upkeep = new StoreUpkeep(
            _files, _jobs, _idempotency, _store, TimeProvider.System, NullLogger<StoreUpkeep>.Instance);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _upkeep.Dispose();
        _idempotency.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task CollectAsync_blob_of_a_deleted_file_goes_when_no_other_file_has_it()
    {
        await AddAsync("file-a", "same");
        await AddAsync("file-b", "same");
        await _files.DeleteAsync("file-a", Token);
        await _upkeep.CollectAsync(TimeSpan.Zero, Token);
        Assert.Single(await BlobsAsync());
        Assert.Single(Directory.GetFiles(Path.Combine(_store.Location, "files"), "*.json"));
        await _files.DeleteAsync("file-b", Token);
        await _upkeep.CollectAsync(TimeSpan.FromHours(1), Token);
        Assert.Contains(await _files.ListAsync(Token), f => f.Id == "file-b");
        Assert.Single(await BlobsAsync());
        await _upkeep.CollectAsync(TimeSpan.Zero, Token);
        Assert.Empty(await BlobsAsync());
        Assert.Empty(Directory.GetFiles(Path.Combine(_store.Location, "files"), "*.json"));
    }

    [Fact]
    public async Task CollectAsync_file_whose_time_is_over_is_gone_and_then_its_blob()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var files = new FileCatalog(_store, time, NullLogger<FileCatalog>.Instance);
        await AddAsync(files, "file-a", "short", TimeSpan.FromHours(1));
        await AddAsync(files, "file-b", "long", null);
        await files.CollectAsync(TimeSpan.Zero, Token);
        Assert.Equal(2, (await files.ListAsync(Token)).Count(files.IsThere));
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal("file-b", Assert.Single(await files.ListAsync(Token), files.IsThere).Id);
        await Assert.ThrowsAsync<ApiException>(() => files.GetAsync("file-a", Token));
        Assert.Equal(2, (await BlobsAsync()).Count);
        await files.CollectAsync(TimeSpan.Zero, Token);
        Assert.Equal(Name("long"), Assert.Single(await BlobsAsync()));
    }

    [Fact]
    public async Task CollectAsync_run_of_a_deleted_model_goes_and_what_others_share_stays()
    {
        await CommitAsync("ftjob-a", "shared", "own");
        await CommitAsync("ftjob-b", "shared", "other");
        await _jobs.AddAsync(ImportedJob.Of("ftjob-a"), Token);
        await _jobs.AddAsync(ImportedJob.Of("ftjob-b"), Token);
        await _jobs.UpdateAsync("ftjob-a", j => j with { ModelDeleted = true }, Token);
        var before = (await BlobsAsync()).Count;

        // Too young at first: the run is gone, and its blobs are remembered.
        await _upkeep.CollectAsync(TimeSpan.FromHours(1), Token);
        Assert.Null(await RunStore.ReadHeadAsync(_store, "ftjob-a", Token));
        Assert.Equal(before, (await BlobsAsync()).Count);
        await _upkeep.CollectAsync(TimeSpan.Zero, Token);

        // Its own blob and its manifest.
        Assert.Equal(before - 2, (await BlobsAsync()).Count);
        Assert.Contains(Name("shared"), await BlobsAsync());
        Assert.NotNull(await RunStore.ReadHeadAsync(_store, "ftjob-b", Token));
        Assert.True((await _jobs.GetAsync("ftjob-a", Token)).RunDeleted);
    }

    [Fact]
    public async Task CollectAsync_damaged_run_of_a_deleted_model_goes_and_keeps_no_other_one_there()
    {
        foreach (var run in (string[])["ftjob-a", "ftjob-b"])
        {
            await CommitAsync(run, $"{run} settings", $"{run} weights");
            await _jobs.AddAsync(ImportedJob.Of(run), Token);
        }

        var manifest = (await RunStore.ReadHeadAsync(_store, "ftjob-b", Token))!.Manifest!.Sha256;
        await File.WriteAllBytesAsync(_folder[$"store/blobs/{manifest[..2]}/{manifest}"], [0], Token);
        await AddAsync("file-a", "a deleted file");
        await _files.DeleteAsync("file-a", Token);
        foreach (var run in (string[])["ftjob-b", "ftjob-a"]) await _jobs.UpdateAsync(run, j => j with { ModelDeleted = true }, Token);
        await _upkeep.CollectAsync(TimeSpan.Zero, Token);
        foreach (var run in (string[])["ftjob-a", "ftjob-b"])
        {
            Assert.Null(await RunStore.ReadHeadAsync(_store, run, Token));
            Assert.True((await _jobs.GetAsync(run, Token)).RunDeleted);
        }

        // What only the damaged manifest says is found by those who look for what nothing names.
        Assert.Equal(new[] { Name("ftjob-b settings"), Name("ftjob-b weights") }.Order(), (await BlobsAsync()).Order());
    }

    private static string Name(string content) => new BytesBlob(System.Text.Encoding.UTF8.GetBytes(content)).Sha256;

    private Task AddAsync(string id, string content) => AddAsync(_files, id, content, null);

    private async Task AddAsync(FileCatalog files, string id, string content, TimeSpan? lifetime)
    {
        var path = _folder[id];
        await File.WriteAllTextAsync(path, content, Token);
        using var upload = new UploadedFile(path)
        {
            Purpose = FilePurposes.FineTune,
            Filename = id,
            Lifetime = lifetime,
            Bytes = content.Length,
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(content))),
        };
        await files.AddAsync(id, upload, Token);
    }

    private async Task CommitAsync(string run, params string[] contents)
    {
        var refs = new List<BlobRef>();
        foreach (var content in contents)
        {
            var blob = new BytesBlob(System.Text.Encoding.UTF8.GetBytes(content));
            await _store.PutAsync(blob, Token);
            refs.Add(new BlobRef(blob.Sha256, blob.Length));
        }

        var session = await RunStore.AcquireAsync(_store, run, new RunClaim(RunHeadStates.Queued), Token);
        await session.CommitAsync(
            new Manifest
            {
                Run = run,
                Generation = session.Generation,
                Step = 0,
                Spec = refs[0],
                Parts = new Dictionary<string, PartState> { ["embedding"] = new() { Weights = refs[1] } },
                Files = new Dictionary<string, BlobRef>(),
                Log = [],
            },
            Token);
    }

    private async Task<IReadOnlyList<string>> BlobsAsync()
    {
        var names = new List<string>();
        await foreach (var blob in _store.ListAsync(Token)) names.Add(blob.Sha256);
        return names;
    }
}
