namespace LisaOrleans.Cluster;

/// <summary>A real Azurite that keeps its blobs on disk.</summary>
internal sealed class AzuriteServer(string folder) : IAsyncDisposable
{
    // Azurite's well-known development account.
    private const string Account = "devstoreaccount1";
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private ServerProcess? _process;

    public int Port { get; } = Ports.Free();

    /// <summary>How to reach it, directly or through a proxy's port.</summary>
    public static string ConnectionString(int port) =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};BlobEndpoint=http://127.0.0.1:{port}/{Account};";

    public async Task StartAsync()
    {
        Directory.CreateDirectory(folder);
        _process = ServerProcess.Start(
            Executables.Azurite ?? throw new FileNotFoundException("azurite-blob is not on PATH"),
            ["--blobHost", "127.0.0.1", "--blobPort", $"{Port}", "--location", folder, "--silent", "--skipApiVersionCheck", "--disableTelemetry"],
            Path.Combine(folder, "..", "azurite.log"));
        await Ports.WaitAsync(Port, TimeSpan.FromSeconds(60));
    }

    /// <summary>Asks it to end, so that its index is on disk, and waits.</summary>
    public async Task StopAsync()
    {
        if (_process is null) return;
        await _process.TerminateAsync(TimeSpan.FromSeconds(30));
        await _process.DisposeAsync();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
    }
}
