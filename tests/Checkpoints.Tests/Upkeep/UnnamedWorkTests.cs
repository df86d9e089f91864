using System.Text;
using Microsoft.Extensions.Time.Testing;

namespace LisaOrleans.Checkpoints.Tests;

/// <summary>What is being made in a store is known before anything names it.</summary>
public sealed class UnnamedWorkTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FolderBlobStore _store;
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    public UnnamedWorkTests() => _store = new FolderBlobStore(_folder.Root);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task FindAsync_upload_counts_for_an_hour_after_it_was_last_needed()
    {
        Assert.Null(await FindAsync());
        await Uploads.PutAsync(_store, new BytesBlob("model"u8.ToArray()), Token);
        Assert.Contains("uploaded", await FindAsync(), StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromMinutes(61));
        Assert.Null(await FindAsync());
    }

    [Fact]
    public async Task FindAsync_job_that_is_to_be_imported_counts_for_an_hour()
    {
        var import = $$"""{"created_at":"{{_time.GetUtcNow():O}}","silo":null}""";
        await _store.PutDocumentAsync("imports/ftjob-1.json", Encoding.UTF8.GetBytes(import), null, Token);
        await _store.PutDocumentAsync("imports/broken.json", "{"u8.ToArray(), null, Token);
        Assert.Equal("job 'ftjob-1' is being imported", await FindAsync());
        _time.Advance(TimeSpan.FromMinutes(61));
        Assert.Null(await FindAsync());
    }

    private Task<string?> FindAsync() => UnnamedWork.FindAsync(_store, _time, Token);
}
