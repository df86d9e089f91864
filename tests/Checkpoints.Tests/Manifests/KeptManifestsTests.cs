using System.Globalization;

namespace LisaOrleans.Checkpoints.Tests;

/// <summary>The list of kept manifests in its blobs.</summary>
public sealed class KeptManifestsTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FolderBlobStore _store;
    private IReadOnlyList<LogSegment>? _segments;
    private IReadOnlyList<KeptManifest> _kept = [];

    public KeptManifestsTests() => _store = new FolderBlobStore(_folder.Root);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task WriteAsync_each_of_many_saves_rewrites_one_blob_and_the_head_names_few()
    {
        for (var step = 1; step <= 700; step++)
        {
            var before = _segments ?? [];
            await WriteAsync([.. _kept, Entry(step)]);
            var written = Assert.Single(_segments!, s => !before.Contains(s));
            Assert.InRange(written.Blob.Length, 1, 64_000);
        }

        Assert.InRange(_segments!.Count, 1, (700 / KeptManifests.SegmentSize) + 1);
        Assert.Equal(Enumerable.Range(1, 700).Select(s => (long)s), (await KeptManifests.ReadAsync(_store, _segments, Token)).Select(k => k.Step));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(128)]
    [InlineData(300)]
    public async Task WriteAsync_window_that_moves_on_stays_whole(int window)
    {
        for (var step = 1; step <= 500; step++)
        {
            await WriteAsync([.. _kept.Append(Entry(step)).TakeLast(window)]);
            Assert.InRange(_segments!.Count, 1, (window / KeptManifests.SegmentSize) + 2);
        }

        Assert.Equal(_kept, await KeptManifests.ReadAsync(_store, _segments, Token));
        Assert.Equal(Enumerable.Range(501 - window, window).Select(s => (long)s), _kept.Select(k => k.Step));
    }

    [Fact]
    public async Task WriteAsync_any_change_is_read_back_as_it_was_written()
    {
        var random = new Random(7);
        for (var round = 0; round < 80; round++)
        {
            var next = _kept.Where(_ => random.Next(20) > 0).Select(k => random.Next(50) == 0 ? k with { EvalLoss = random.NextDouble() } : k);
            var last = _kept.Count == 0 ? 0 : _kept[^1].Step;
            await WriteAsync([.. next, .. Enumerable.Range(1, random.Next(30)).Select(i => Entry(last + i))]);
            Assert.Equal(_kept, await KeptManifests.ReadAsync(_store, _segments, Token));
            Assert.All(_segments ?? [], s => Assert.True(s.FirstStep <= s.LastStep));
        }

        await WriteAsync([]);
        Assert.Null(_segments);
    }

    [Theory]
    [InlineData("{}", "FormatVersion")]
    [InlineData("{\"FormatVersion\":2,\"Manifests\":[]}", "field 'FormatVersion' is 2; this program reads 1")]
    [InlineData(
        "{\"FormatVersion\":1,\"Manifests\":[{\"Step\":1,\"Manifest\":{\"Sha256\":\"../x\",\"Length\":1},\"NewBytes\":1,"
            + "\"Time\":\"2026-01-01T00:00:00Z\"}]}",
        "field 'Manifests': '../x' is not a blob")]
    [InlineData("{\"FormatVersion\":1,\"Manifests\":[null]}", "field 'Manifests' must not hold null")]
    [InlineData("[]", "list of manifests")]
    public async Task ReadAsync_blob_of_something_else_is_refused(string json, string says)
    {
        var blob = new BytesBlob(System.Text.Encoding.UTF8.GetBytes(json));
        await _store.PutAsync(blob, Token);
        var segment = new LogSegment(new BlobRef(blob.Sha256, blob.Length), 1, 1);
        var e = await Assert.ThrowsAsync<InvalidDataFileException>(() => KeptManifests.ReadAsync(_store, [segment], Token));
        Assert.Contains(says, e.Message, StringComparison.Ordinal);
    }

    private static KeptManifest Entry(long step) =>
        new(step, new BlobRef(step.ToString("x64", CultureInfo.InvariantCulture), step), step, DateTimeOffset.UnixEpoch) { Loss = 1 };

    private async Task WriteAsync(IReadOnlyList<KeptManifest> now)
    {
        _segments = await KeptManifests.WriteAsync(_store, _segments, _kept, now, Token);
        _kept = now;
    }
}
