using System.Collections.Concurrent;
using System.Net;
using LisaOrleans.Checkpoints;
using LisaOrleans.Grains;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace LisaOrleans.Silo.Tests;

/// <summary>A real silo of one process that watches one source of notices, by a clock that the test moves.</summary>
internal sealed class WatchedSilo : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly LogRecorder _log = new();
    private readonly TempFolder _folder = new();
    private readonly IHost _host;
    private readonly PreemptionWatch _watch;

    private WatchedSilo(IPreemptionSource source, TimeSpan drainTimeout)
    {
        var store = new FolderBlobStore(_folder.Root);
        var options = new ClusterSiloOptions
        {
            ClusterId = "test",
            Membership = null!,
            Traits = ClusterTraits.Own(tls: false),
            Store = store,
            Host = IPAddress.Loopback,
            SiloPort = 0,
            GatewayPort = 0,
            HttpPort = 0,
            Http = null!,
            Secret = TensorNode.Secret,
            Roles = SiloRoles.All,
            Threads = 1,
            DrainTimeout = drainTimeout,
            PreemptionSources = [source],
        };
        _host = new HostBuilder()
            .ConfigureLogging(l => l.AddFilter("Orleans", LogLevel.None).AddFilter("Microsoft", LogLevel.None).AddProvider(_log))
            .UseOrleans(silo => silo.UseLocalhostClustering(Ports.Free(), gatewayPort: 0).AddLisaSilo(store, transport: null))
            .ConfigureServices(s => s.AddSingleton(options).AddSingleton<SiloDrain>())
            .Build();
        _watch = ActivatorUtilities.CreateInstance<PreemptionWatch>(_host.Services, _time);
    }

    public SiloDrain Drain => _host.Services.GetRequiredService<SiloDrain>();

    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    public LocalParts Parts => _host.Services.GetRequiredService<LocalParts>();

    /// <summary>What the silo has said so far.</summary>
    public IReadOnlyCollection<string> Said => _log.Messages;

    public bool IsStopping => _host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested;

    /// <param name="source">The source.</param>
    /// <param name="drainTimeout">How long it has to move everything away; null for hardly any time.</param>
    public static async Task<WatchedSilo> StartAsync(IPreemptionSource source, TimeSpan? drainTimeout = null)
    {
        var silo = new WatchedSilo(source, drainTimeout ?? TimeSpan.FromMilliseconds(200));
        await silo._host.StartAsync(TestContext.Current.CancellationToken);
        await silo._watch.StartAsync(TestContext.Current.CancellationToken);
        return silo;
    }

    /// <summary>Lets seconds pass until the silo has come to a state.</summary>
    public Task SecondsPassUntil(Func<bool> condition) => Until.True(() =>
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        return condition();
    });

    public async ValueTask DisposeAsync()
    {
        await _watch.StopAsync(CancellationToken.None);
        _watch.Dispose();
        await _host.StopAsync();
        _host.Dispose();
        _log.Dispose();
        _folder.Dispose();
    }

    private sealed class LogRecorder : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Messages { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Messages.Enqueue(formatter(state, exception));

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Dispose()
        {
        }
    }
}
