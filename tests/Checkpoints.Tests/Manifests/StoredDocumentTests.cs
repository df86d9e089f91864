using System.Text;

namespace LisaOrleans.Checkpoints.Tests;

/// <summary>A small document of a store that is cut off, or holds something else, is one error that names it, its field and what to do.</summary>
public sealed class StoredDocumentTests : IDisposable
{
    private const string Head = "runs/r/head.json";
    private const string Remedy = "; bring it back from a copy of the store, or start run 'r' over with --overwrite";

    private readonly TempFolder _folder = new();
    private readonly FolderBlobStore _store;

    public StoredDocumentTests() => _store = new FolderBlobStore(_folder["store"]);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", "is not valid JSON: there is nothing in it")]
    [InlineData("null", "does not describe run 'r'")]
    [InlineData("[]", "must be a JSON object")]
    [InlineData("{\"Run\":\"r\",\"Gen", "is not valid JSON: it ends too early")]
    [InlineData(
        "{\"Run\":\"r\",\"Generation\":1,\"Step\":2,\"Manifest\":null", "is not valid JSON: it ends before all its objects and lists are closed")]
    [InlineData("{\"Run\":\"r\",\"Generation\":\"1\"}", "field 'Generation' must be a number")]
    [InlineData("{\"Run\":\"r\",\"Generation\":1.5}", "field 'Generation' must be a whole number")]
    [InlineData("{\"Run\":\"r\",\"Generation\":null}", "field 'Generation' must be a number")]
    [InlineData("{\"Run\":7}", "field 'Run' must be a text")]
    [InlineData("{\"Run\":null}", "field 'Run' must be given, and not null")]
    [InlineData("{\"Run\":\"r\",\"Journal\":{}}", "field 'Journal' must be a list")]
    [InlineData("{\"Run\":\"r\",\"Journal\":[{\"FirstStep\":true}]}", "field 'Journal[0].FirstStep' must be a number")]
    [InlineData("{\"Run\":\"r\",\"Since\":\"yesterday\"}", "field 'Since' must be a time, such as 2026-01-31T12:00:00+00:00")]
    [InlineData("{\"Run\":\"r\",\"Stepp\":1}", "field 'Stepp' is not known; another version may have written it")]
    [InlineData("{\"Run\":\"r\",\"Step\":1,\"Manifest\":null}", "field 'Generation' is missing")]
    [InlineData("{}", "fields 'Run', 'Generation', 'Step', 'Manifest' are missing")]
    [InlineData("{\"Run\":\"r\",\"Run\":\"r\"}", "is not valid JSON: field 'Run' is given twice")]
    public async Task ReadHeadAsync_document_that_is_no_head_is_named_with_its_field(string json, string problem)
    {
        await _store.PutDocumentAsync(Head, Encoding.UTF8.GetBytes(json), null, Token);
        var e = await Assert.ThrowsAsync<InvalidDataFileException>(() => RunStore.ReadHeadAsync(_store, "r", Token));
        Assert.StartsWith($"{_store.Location}: {Head}: ", e.Message, StringComparison.Ordinal);
        Assert.True(e.Message.EndsWith(problem + Remedy, StringComparison.Ordinal), e.Message);
        Assert.DoesNotContain("System.", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"FormatVersion\":1,\"I", "is not valid JSON: it ends too early")]
    [InlineData("{\"FormatVersion\":\"1\"}", "field 'FormatVersion' must be a number")]
    [InlineData("{\"FormatVersion\":1}", "field 'Id' is missing")]
    [InlineData("null", "must be a JSON object")]
    public async Task ReadAsync_store_document_that_is_none_is_named_with_what_to_do(string json, string problem)
    {
        await _store.PutDocumentAsync("store.json", Encoding.UTF8.GetBytes(json), null, Token);
        var e = await Assert.ThrowsAsync<StoreLocationException>(() => StoreFormat.ReadAsync(_store, Token));
        Assert.StartsWith($"{_store.Location}: store.json: ", e.Message, StringComparison.Ordinal);
        Assert.True(
            e.Message.EndsWith(
                problem + "; bring it back from a copy, or delete it when no silo uses the store: the next run that begins writes it anew", StringComparison.Ordinal), e.Message);
    }

    [Fact]
    public async Task CollectAsync_document_that_is_cut_off_is_named_in_plain_words()
    {
        await _store.PutDocumentAsync("jobs/a.json", "{\"sha256\": \"00"u8.ToArray(), null, Token);
        var e = await Assert.ThrowsAsync<InvalidDataFileException>(
            () => GarbageCollector.CollectAsync(_store, TimeSpan.Zero, TimeProvider.System, Token));
        Assert.StartsWith($"{_store.Location}: jobs/a.json: line 1, byte ", e.Message, StringComparison.Ordinal);
        Assert.EndsWith(
            ": is not valid JSON: it ends too early; bring it back from a copy, or delete it: what it names may then go", e.Message,
            StringComparison.Ordinal);
    }
}
