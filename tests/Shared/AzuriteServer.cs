namespace LisaOrleans.Tests;

/// <summary>A real Azurite, the emulator of Azure Storage, in a process of its own; it keeps its data in a folder.</summary>
/// <param name="folder">The folder; made where it is missing.</param>
/// <param name="service">What it serves: blob or table.</param>
/// <param name="options">More options of its own; null for none.</param>
internal sealed class AzuriteServer(string folder, string service = "blob", IReadOnlyList<string>? options = null) : IAsyncDisposable
{
    /// <summary>The emulator's account, which is public knowledge.</summary>
    public const string Account = "devstoreaccount1";

    /// <summary>The account's key.</summary>
    public const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly string[] s_folders = ["node_modules", "artifacts/node_modules", "artifacts/node/node_modules"];

    private ServerProcess? _process;

    /// <summary>The program, where LISA_AZURITE, the PATH or a node_modules has it; else null.</summary>
    public static string? Program { get; } = Find();

    public int Port { get; } = Ports.Free();

    /// <summary>How to reach it, directly or through a proxy's port.</summary>
    public static string ConnectionString(int port, string key = Key) =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={key};BlobEndpoint=http://127.0.0.1:{port}/{Account};";

    /// <summary>The same for tables.</summary>
    public static string TablesConnectionString(int port, string key = Key) =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={key};TableEndpoint=http://127.0.0.1:{port}/{Account};";

    /// <summary>Starts it and waits until it answers.</summary>
    public async Task StartAsync()
    {
        Directory.CreateDirectory(folder);
        _process = ServerProcess.Start(
            Path.Combine(
                Path.GetDirectoryName(Program ?? throw new FileNotFoundException("azurite-blob is not on PATH"))!,
                Path.GetFileName(Program).Replace("blob", service, StringComparison.Ordinal)),
            [
                $"--{service}Host", "127.0.0.1", $"--{service}Port", $"{Port}", "--location", folder, "--silent", "--skipApiVersionCheck",
                "--disableTelemetry", .. options ?? [],
            ],
            Path.Combine(folder, "..", $"azurite-{service}.log"));
        await Ports.WaitAsync(Port, s_patience);
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

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("LISA_AZURITE") is { Length: > 0 } named) return File.Exists(named) ? named : null;
        var name = OperatingSystem.IsWindows() ? "azurite-blob.cmd" : "azurite-blob";
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Concat(s_folders.Select(f => Path.Combine(Repository.Root, f, ".bin")))
            .Select(f => Path.Combine(f, name)).FirstOrDefault(File.Exists);
    }
}
