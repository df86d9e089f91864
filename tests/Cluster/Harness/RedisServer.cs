namespace LisaOrleans.Cluster;

/// <summary>A real Redis that keeps its data on disk.</summary>
internal sealed class RedisServer(string folder) : IAsyncDisposable
{
    private ServerProcess? _process;

    public int Port { get; } = Ports.Free();

    public async Task StartAsync()
    {
        Directory.CreateDirectory(folder);
        _process = ServerProcess.Start(
            Executables.Redis ?? throw new FileNotFoundException("redis-server is not on PATH"),
            ["--port", $"{Port}", "--bind", "127.0.0.1", "--dir", folder, "--appendonly", "yes", "--appendfsync", "always", "--save", ""],
            Path.Combine(folder, "..", "redis.log"));
        await Ports.WaitAsync(Port, TimeSpan.FromSeconds(30));
    }

    public async Task StopAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        _process = null;
    }

    /// <summary>Stops it and forgets everything.</summary>
    public async Task LoseAsync()
    {
        await StopAsync();
        Directory.Delete(folder, recursive: true);
    }

    public async ValueTask DisposeAsync() => await StopAsync();
}
