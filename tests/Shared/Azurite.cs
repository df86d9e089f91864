namespace LisaOrleans.Tests;

/// <summary>
/// An <see cref="AzuriteServer"/> with an empty folder for a test. Where Azurite is not installed the test is skipped, which
/// the test report counts and names.
/// </summary>
internal sealed class Azurite : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly AzuriteServer _server;

    private Azurite(IReadOnlyList<string>? options) =>
        _server = new AzuriteServer(Directory.CreateDirectory(_folder["blobs"]).FullName, options: options);

    public int Port => _server.Port;

    public string ConnectionString => AzuriteServer.ConnectionString(Port);

    /// <summary>Starts it, with more options of its own or none, or skips the test.</summary>
    public static async Task<Azurite> StartAsync(IReadOnlyList<string>? options = null)
    {
        Assert.SkipWhen(AzuriteServer.Program is null, "Azurite not found: run eng/test-services.sh, or set LISA_AZURITE to azurite-blob");
        var azurite = new Azurite(options);
        try
        {
            await azurite._server.StartAsync();
            return azurite;
        }
        catch
        {
            await azurite.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }
}
