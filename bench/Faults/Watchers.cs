using System.Collections.Concurrent;
using System.Text.Json;
using LisaOrleans.Client;
using LisaOrleans.Cluster;

namespace LisaOrleans.Bench;

/// <summary>
/// The four ways to follow a run, each by a program of its own: lisa watch, the library, HTTP, and one's own service.
/// </summary>
internal sealed class Watchers : IAsyncDisposable
{
    private readonly TestCluster _cluster;
    private readonly string _run;
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentDictionary<long, DateTimeOffset> _committed = [];
    private LisaClient? _client;
    private ServiceProcess? _service;
    private ServerProcess? _program;
    private volatile SiloProcess? _httpSilo;

    private Watchers(TestCluster cluster, string run) => (_cluster, _run) = (cluster, run);

    public IReadOnlyList<Watcher> All { get; private set; } = [];

    /// <summary>When each step was committed.</summary>
    public IReadOnlyDictionary<long, DateTimeOffset> Committed => _committed;

    public static async Task<Watchers> StartAsync(TestCluster cluster, string run)
    {
        var watchers = new Watchers(cluster, run);
        try
        {
            await watchers.StartAsync();
            return watchers;
        }
        catch
        {
            await watchers.DisposeAsync();
            throw;
        }
    }

    /// <summary>The silo that a watcher is connected to now; one of them if it is connected to several.</summary>
    public SiloProcess? SiloOf(Watcher watcher, Func<int, int> choose)
    {
        if (watcher.ProcessId is not { } process) return _httpSilo;
        var ports = Connections.Of(process);
        var silos = _cluster.Silos.Where(s => s.Running && ports.Contains(s.GatewayPort)).ToArray();
        return silos.Length == 0 ? null : silos[choose(silos.Length)];
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        if (_program is not null) await _program.DisposeAsync();
        if (_service is not null) await _service.DisposeAsync();
        await Task.WhenAll(All.Select(w => w.Watching)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_client is not null) await _client.DisposeAsync();
        _end.Dispose();
    }

    private async Task StartAsync()
    {
        _client = await LisaClient.ConnectAsync(_cluster.ClientOptions);
        _service = await ServiceProcess.StartAsync(_cluster, _end.Token);
        var program = new Watcher("lisa watch");
        _program = ServerProcess.Start(
            Executables.Lisa,
            ["watch", _run, "--cluster-id", TestCluster.Id, "--redis", $"127.0.0.1:{_cluster.Redis.Port}", "--log-format", "json"],
            Path.Combine(_cluster.Folder, "watch.log"), heard: line => HearLine(program, line));
        program.ProcessId = _program.Id;
        var library = new Watcher("LisaClient") { ProcessId = Environment.ProcessId };
        var service = new Watcher("service") { ProcessId = _service.ProcessId };
        var http = new Watcher("HTTP");
        program.Watching = ProgramAsync(_program);
        library.Watching = LibraryAsync(library);
        service.Watching = ServiceAsync(service);
        http.Watching = HttpAsync(http);
        All = [program, library, http, service];
    }

    private static async Task ProgramAsync(ServerProcess program)
    {
        // The run is cancelled at the end.
        const int Cancelled = 3;
        var code = await program.ExitAsync(Timeout.InfiniteTimeSpan);
        if (code != Cancelled) throw new InvalidOperationException($"lisa watch ended with {code}");
    }

    private static void HearLine(Watcher watcher, string line)
    {
        if (!line.StartsWith('{')) return;
        using var json = JsonDocument.Parse(line);
        if (json.RootElement.GetProperty("event").GetString() == "step") watcher.Hear(null, json.RootElement.GetProperty("step").GetInt64());
    }

    private async Task LibraryAsync(Watcher watcher)
    {
        await foreach (var happened in _client!.WatchAsync(_run, null, _end.Token))
        {
            if (happened is StepCompleted { Record: var record }) _committed[record.Step] = record.Time;
            Hear(watcher, happened);
        }
    }

    private async Task ServiceAsync(Watcher watcher)
    {
        await foreach (var (_, happened) in _service!.EventsAsync(_run, null, _end.Token)) Hear(watcher, happened);
    }

    // As a browser does: it comes back with the last id, here to another silo, as if behind a load balancer.
    private async Task HttpAsync(Watcher watcher)
    {
        string? last = null;
        for (var turn = 0; ; turn++)
        {
            if (_cluster.Silos[turn % _cluster.Silos.Count] is not { Running: true } silo)
            {
                await Task.Delay(10, _end.Token);
                continue;
            }

            _httpSilo = silo;
            using var jobs = new HttpJobs(silo.Http);
            try
            {
                await foreach (var (id, happened) in jobs.EventsAsync(_run, last, _end.Token))
                {
                    last = id;
                    var step = (string?)happened["type"] == "metrics" ? (long?)happened["data"]?["step"] : null;
                    watcher.Hear(id.Split('-').Sum(long.Parse), step);
                }

                return;
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                await Task.Delay(100, _end.Token);
            }
        }
    }

    private static void Hear(Watcher watcher, TrainingEvent happened) =>
        watcher.Hear(happened.Position.Step + happened.Position.Entry, (happened as StepCompleted)?.Record.Step);
}
