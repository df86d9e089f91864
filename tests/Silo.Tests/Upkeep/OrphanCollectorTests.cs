using LisaOrleans.Checkpoints;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace LisaOrleans.Silo.Tests;

public sealed class OrphanCollectorTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FolderBlobStore _store;
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly OrphanCollector _collector;

    public OrphanCollectorTests()
    {
        _store = new FolderBlobStore(_folder.Root);
        _collector = new OrphanCollector(_store, _time, NullLogger<OrphanCollector>.Instance);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _collector.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task CollectAsync_old_blobs_that_nothing_names_go_and_all_others_stay()
    {
        var named = await PutAsync("named", age: TimeSpan.FromDays(9));
        var spec = await PutAsync("spec", age: TimeSpan.FromDays(9));
        var dead = await PutAsync("dead", age: TimeSpan.FromDays(1) + TimeSpan.FromMinutes(1));
        var uploading = await PutAsync("being uploaded", age: TimeSpan.FromHours(23));
        var run = await RunStore.AcquireAsync(_store, "r", new RunClaim(RunHeadStates.Running), Token);
        await run.CommitAsync(
            new Manifest
            {
                Run = "r",
                Generation = 1,
                Step = 1,
                Spec = spec,
                Parts = new Dictionary<string, PartState> { ["head"] = new() { Weights = named } },
                Files = new Dictionary<string, BlobRef>(),
                Log = [],
            },
            Token);

        await _collector.CollectAsync(Token);

        Assert.False(await _store.ExistsAsync(dead.Sha256, Token));
        foreach (var blob in (BlobRef[])[named, spec, uploading, run.Head.Manifest!]) Assert.True(await _store.ExistsAsync(blob.Sha256, Token));
    }

    [Fact]
    public async Task CollectAsync_is_done_once_a_day()
    {
        await PutAsync("newest", TimeSpan.Zero);
        await _collector.CollectAsync(Token);
        var dead = await PutAsync("dead", TimeSpan.FromDays(2));
        _time.Advance(TimeSpan.FromHours(23));
        await _collector.CollectAsync(Token);
        Assert.True(await _store.ExistsAsync(dead.Sha256, Token));
        _time.Advance(TimeSpan.FromHours(2));
        await _collector.CollectAsync(Token);
        Assert.False(await _store.ExistsAsync(dead.Sha256, Token));
    }

    [Fact]
    public async Task CollectAsync_clock_that_is_a_month_ahead_deletes_nothing_young()
    {
        var young = await PutAsync("being uploaded by somebody", TimeSpan.FromHours(1));
        var newest = await PutAsync("newest", TimeSpan.FromMinutes(30));
        var unfinished = _folder[$"blobs/{young.Sha256[..2]}/.{young.Sha256}.{Guid.NewGuid():N}{AtomicFile.TemporarySuffix}"];
        await File.WriteAllTextAsync(unfinished, "half", Token);
        var clock = new WrongClock(_time) { Ahead = TimeSpan.FromDays(30) };
        using var collector = new OrphanCollector(_store, clock, NullLogger<OrphanCollector>.Instance);
        await collector.CollectAsync(Token);
        await Uploads.PutAsync(_store, new BytesBlob("uploaded"u8.ToArray()), Token);
        await Uploads.CleanAsync(_store, TimeSpan.FromDays(1), clock, Token);
        foreach (var blob in (BlobRef[])[young, newest]) Assert.True(await _store.ExistsAsync(blob.Sha256, Token));
        Assert.Equal(3, await _store.ListAsync(Token).CountAsync(Token));
        Assert.True(File.Exists(unfinished));

        // Once the clock is put right, the next collection comes a day later all the same.
        var dead = await PutAsync("dead", TimeSpan.FromDays(2));
        clock.Ahead = TimeSpan.Zero;
        _time.Advance(TimeSpan.FromDays(1));
        await collector.CollectAsync(Token);
        Assert.False(await _store.ExistsAsync(dead.Sha256, Token));
    }

    [Fact]
    public async Task CollectAsync_store_to_which_nobody_writes_any_more_is_cleaned_up_all_the_same()
    {
        var last = await PutAsync("last", TimeSpan.FromDays(2));
        await _collector.CollectAsync(Token);
        Assert.False(await _store.ExistsAsync(last.Sha256, Token));
        Assert.Empty(await _store.ListAsync(Token).ToListAsync(Token));
    }

    [Fact]
    public async Task ExecuteAsync_collects_soon_after_the_start()
    {
        var dead = await PutAsync("dead", TimeSpan.FromDays(2));
        await PutAsync("newest", TimeSpan.Zero);
        await _collector.StartAsync(Token);
        await Until.True(async () =>
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            return !await _store.ExistsAsync(dead.Sha256, Token);
        });
        await _collector.StopAsync(Token);
        Assert.True(_time.GetUtcNow() - _time.Start < TimeSpan.FromHours(1));
    }

    private async Task<BlobRef> PutAsync(string content, TimeSpan age)
    {
        var blob = new BytesBlob(System.Text.Encoding.UTF8.GetBytes(content));
        await _store.PutAsync(blob, Token);
        File.SetLastWriteTimeUtc(_folder[$"blobs/{blob.Sha256[..2]}/{blob.Sha256}"], DateTime.UtcNow - age);
        return new BlobRef(blob.Sha256, blob.Length);
    }

    private sealed class WrongClock(TimeProvider right) : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override long TimestampFrequency => right.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => right.GetUtcNow() + Ahead;

        public override long GetTimestamp() => right.GetTimestamp();
    }
}
