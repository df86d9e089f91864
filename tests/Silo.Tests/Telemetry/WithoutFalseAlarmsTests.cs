using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace LisaOrleans.Silo.Tests;

public sealed class WithoutFalseAlarmsTests
{
    private const string Lifecycle = "Orleans.Runtime.SiloLifecycleSubject";

    [Fact]
    public void Log_start_that_was_refused_leaves_what_follows_to_the_refusal()
    {
        using var kept = new Kept();
        using var logs = new WithoutFalseAlarms(kept, new FakeTimeProvider());
        Log(logs, Lifecycle, new IOException("a disk"));
        Log(logs, "Orleans.Networking", new ClusterTlsException("a stranger's certificate"));
        Log(logs, "Orleans.Networking", null);
        Assert.Equal(3, kept.Lines.Count);

        Log(logs, Lifecycle, new AggregateException(new InvalidOperationException("start", new PortInUseException("port 1"))));
        Log(logs, "Orleans.Networking", null);
        Log(logs, "Microsoft.Extensions.Hosting.Internal.Host", new IOException("host"));
        Assert.Equal(3, kept.Lines.Count);
        Log(logs, "LisaOrleans.Silo.SiloDrain", null);
        Assert.Equal(4, kept.Lines.Count);
    }

    [Theory]
    [InlineData("Orleans.Runtime.Silo", 100405, false)]
    [InlineData("Orleans.Runtime.Silo", 100406, true)]
    [InlineData("Orleans.Runtime.Watchdog", 100150, false)]
    [InlineData("Orleans.Runtime.MembershipService.AzureBasedMembershipTable", 100824, false)]
    [InlineData("Orleans.Runtime.MembershipService.AzureBasedMembershipTable", 100825, true)]
    public void Log_event_that_a_good_start_has_is_left_out(string category, int id, bool logged)
    {
        using var kept = new Kept();
        using var logs = new WithoutFalseAlarms(kept, new FakeTimeProvider());
        Log(logs, category, null, id);
        Assert.Equal(logged, kept.Lines.Count == 1);
    }

    private static void Log(WithoutFalseAlarms logs, string category, Exception? exception, int id = 1) =>
        logs.CreateLogger(category).Log(LogLevel.Warning, id, category, exception, (state, _) => state);

    private sealed class Kept : ILoggerProvider, ILogger
    {
        public List<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
