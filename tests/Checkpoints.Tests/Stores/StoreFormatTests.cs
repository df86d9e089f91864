namespace LisaOrleans.Checkpoints.Tests;

public sealed class StoreFormatTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task EnsureAsync_many_at_one_moment_agree_on_one_id()
    {
        var store = new FolderBlobStore(_folder.Root);
        Assert.Null(await StoreFormat.ReadAsync(store, Token));
        var found = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => StoreFormat.EnsureAsync(store, Token))));
        Assert.Single(found.Distinct());
        Assert.Equal((StoreFormat.Current, found[0]), (found[0].FormatVersion, await StoreFormat.ReadAsync(store, Token)));
    }

    [Fact]
    public async Task AcquireAsync_first_run_gives_the_store_its_id()
    {
        var store = new FolderBlobStore(_folder.Root);
        await RunStore.AcquireAsync(store, "r", new RunClaim(RunHeadStates.Queued), Token);
        var first = await StoreFormat.ReadAsync(store, Token);
        Assert.NotNull(first);
        await RunStore.AcquireAsync(store, "s", new RunClaim(RunHeadStates.Queued), Token);
        Assert.Equal(first, await StoreFormat.ReadAsync(store, Token));
    }

    [Theory]
    [InlineData("""{"FormatVersion":2,"Id":"x"}""", "format 2; this program reads format 1")]
    [InlineData("""{"FormatVersion":2,"Id":"x","Compression":"zstd"}""", "store.json")]
    [InlineData("""{"FormatVersion":"1"}""", "store.json")]
    [InlineData("null", "store.json")]
    [InlineData("", "store.json")]
    public async Task OpenAsync_store_of_another_format_is_refused(string json, string says)
    {
        await File.WriteAllTextAsync(_folder["store.json"], json, Token);
        var e = await Assert.ThrowsAsync<StoreLocationException>(() => BlobStores.OpenAsync(_folder.Root, Token));
        Assert.Contains(_folder.Root, e.Message, StringComparison.Ordinal);
        Assert.Contains(says, e.Message, StringComparison.Ordinal);
    }
}
