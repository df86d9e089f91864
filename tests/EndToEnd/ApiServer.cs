using System.Net.Http.Headers;
using LisaOrleans.Api;
using LisaOrleans.Checkpoints;
using LisaOrleans.Dashboard;
using LisaOrleans.Silo;

namespace LisaOrleans.EndToEnd;

/// <summary>The HTTP API on a real socket, with the repository's sample model, a store of its own, and a key of each scope.</summary>
internal sealed class ApiServer : IAsyncDisposable
{
    private readonly TempFolder? _owned;
    private readonly EmbeddedSilo _silo;

    private ApiServer(TempFolder? owned, FolderBlobStore store, EmbeddedSilo silo, string readKey, string writeKey)
    {
        (_owned, Store, _silo, ReadKey, WriteKey) = (owned, store, silo, readKey, writeKey);
        Http = Client(writeKey);
    }

    public static string Model => "tiny-stories";

    public FolderBlobStore Store { get; }

    public string ReadKey { get; }

    public string WriteKey { get; }

    public Uri Address => _silo.HttpAddress!;

    /// <summary>A client with the key that may write.</summary>
    public HttpClient Http { get; }

    /// <summary>Starts a server.</summary>
    /// <param name="store">The store's folder; null for a fresh one.</param>
    /// <param name="change">Changes its options.</param>
    /// <param name="through">What stands between the server and the store; null for nothing.</param>
    public static async Task<ApiServer> StartAsync(
        string? store = null, Func<ApiServerOptions, ApiServerOptions>? change = null, Func<IBlobStore, IBlobStore>? through = null)
    {
        var folder = store is null ? new TempFolder() : null;
        var blobs = new FolderBlobStore(store ?? folder!["store"]);
        var (readKey, reader) = ApiKey.Create("reader", ApiScopes.Read);
        var (writeKey, writer) = ApiKey.Create("writer", ApiScopes.Write);
        var http = new ApiServerOptions
        {
            Keys = new ApiKeys([reader, writer]),
            ModelsFolder = Path.Combine(Repository.Root, "samples"),
            RequestsPerMinute = 1_000_000,
        };
        var silo = await EmbeddedSilo.StartAsync(
            new EmbeddedSiloOptions
            {
                Store = through?.Invoke(blobs) ?? blobs,
                HttpPort = 0,
                Http = new DashboardServer(change?.Invoke(http) ?? http),
            },
            TestContext.Current.CancellationToken);
        return new ApiServer(folder, blobs, silo, readKey, writeKey);
    }

    public HttpClient Client(string? key)
    {
        var client = new HttpClient { BaseAddress = Address, Timeout = Timeout.InfiniteTimeSpan };
        if (key is not null) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _silo.DisposeAsync();
        _owned?.Dispose();
    }
}
