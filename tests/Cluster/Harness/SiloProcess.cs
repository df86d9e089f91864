namespace LisaOrleans.Cluster;

/// <summary>One place of a cluster, with ports of its own, in which a silo process runs most of the time.</summary>
internal sealed class SiloProcess : IAsyncDisposable
{
    private static readonly HttpClient s_http = new() { Timeout = TimeSpan.FromSeconds(2) };

    private readonly TestCluster _cluster;
    private readonly int _httpPort = Ports.Free();
    private ServerProcess? _process;

    public SiloProcess(TestCluster cluster, int number) => (_cluster, Number) = (cluster, number);

    public int Number { get; }

    /// <summary>Its number in the system while it runs.</summary>
    public int? ProcessId => Running ? _process!.Id : null;

    /// <summary>Where other silos reach it.</summary>
    public int SiloPort { get; } = Ports.Free();

    /// <summary>Where clients reach it.</summary>
    public int GatewayPort { get; } = Ports.Free();

    public EventsServer Events { get; private set; } = new();

    public string LogFile => Path.Combine(_cluster.Folder, $"silo{Number}.log");

    public Uri Http => new($"http://127.0.0.1:{_httpPort}/");

    public bool Running => _process is { HasExited: false };

    /// <summary>What the process holds in memory now.</summary>
    public long MemoryBytes => _process?.MemoryBytes ?? 0;

    public bool Frozen => _process?.Frozen == true;

    /// <summary>The silo's address as it stands in a run's status, without its generation.</summary>
    public string Address => $"127.0.0.1:{SiloPort}";

    public void Start()
    {
        if (Running) return;
        string[] program = [.. _cluster.Settings.Within ?? [], Executables.Lisa];
        _process = ServerProcess.Start(
            program[0],
            [
                .. program[1..], "silo", .. _cluster.Connection, "--store", _cluster.Settings.StoreOf(Number) ?? _cluster.Store,
                "--silo-port", $"{SiloPort}", "--gateway-port", $"{GatewayPort}",
                "--http-port", $"{_httpPort}", "--threads", $"{_cluster.Settings.Threads}",
                "--scheduled-events-endpoint", Events.Endpoint, .. _cluster.Settings.Options ?? [], .. _cluster.Settings.OptionsOf(Number),
            ],
            LogFile, (_cluster.Settings.Environment ?? new Dictionary<string, string>())
                .Concat(_cluster.Settings.EnvironmentOf(Number)).ToDictionary());
    }

    public async Task ReadyAsync(TimeSpan patience)
    {
        using var time = new CancellationTokenSource(patience);
        while (true)
        {
            try
            {
                using var response = await s_http.GetAsync(new Uri($"http://127.0.0.1:{_httpPort}/health/ready"), time.Token);
                if (response.IsSuccessStatusCode) return;
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !time.IsCancellationRequested)
            {
                if (_process is { HasExited: true })
                    throw new InvalidOperationException($"silo {Number} ended with {_process.ExitCode}:{Environment.NewLine}{_cluster.Logs()}");
            }

            await Task.Delay(100, time.Token);
        }
    }

    public Task KillAsync() => _process?.KillAsync() ?? Task.CompletedTask;

    public void Freeze() => _process?.Freeze();

    public void Thaw() => _process?.Thaw();

    public async Task<int> LeaveAsync(TimeSpan patience) => _process is null ? 0 : await _process.TerminateAsync(patience);

    /// <summary>Announces that the machine will be taken away, waits for its approval and for the process to end.</summary>
    public async Task PreemptAsync(TimeSpan patience)
    {
        Events.Announce();
        await Events.Approved.WaitAsync(patience);
        using var time = new CancellationTokenSource(patience);
        while (Running) await Task.Delay(50, time.Token);
        await Events.DisposeAsync();
        Events = new EventsServer();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        await Events.DisposeAsync();
    }
}
