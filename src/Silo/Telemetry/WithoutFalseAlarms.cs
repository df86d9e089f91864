using Microsoft.Extensions.Logging;

namespace LisaOrleans.Silo;

/// <summary>
/// Leaves out warnings that Orleans gives whenever a silo starts and that an operator need do nothing about. Seen in Orleans
/// 10.4.2: two notes that the server garbage collector would be faster, though it would take the memory that weights need; and
/// a report of a thread that had not answered for as long as the machine has been up, because the watchdog's clock was read
/// before it was set; and, of membership in Azure tables, that two silos wrote at the same moment, as those do that start
/// together: one of them writes again. A silo that is refused says why in one line of its own; how Orleans and the host then
/// failed to start is left out.
/// </summary>
internal sealed class WithoutFalseAlarms(ILoggerProvider inner, TimeProvider time) : ILoggerProvider, ISupportExternalScope
{
    private const int CollectorNote = 100405;
    private const int ThreadStalled = 100150;
    private const int InsertContended = 100822;
    private const int UpdateContended = 100824;

    // The clock is set before the watchdog's second look, a second after its first.
    private static readonly TimeSpan s_firstLooks = TimeSpan.FromMinutes(1);

    // Who tells of a start that failed.
    private static readonly HashSet<string> s_start =
    [
        "Orleans.Runtime.SiloLifecycleSubject", "Orleans.Runtime.Silo", "Orleans.Hosting.SiloHostedService",
        "Microsoft.Extensions.Hosting.Internal.Host",
    ];

    private readonly long _created = time.GetTimestamp();
    private volatile bool _refused;

    public ILogger CreateLogger(string categoryName)
    {
        var logger = inner.CreateLogger(categoryName);
        return categoryName.StartsWith("Orleans.", StringComparison.Ordinal) || categoryName.StartsWith("Microsoft.", StringComparison.Ordinal)
            ? new Filter(logger, this, isOfStart: s_start.Contains(categoryName), AlarmsOf(categoryName))
            : logger;
    }

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => (inner as ISupportExternalScope)?.SetScopeProvider(scopeProvider);

    public void Dispose() => inner.Dispose();

    // Whether an event of a category is more than a false alarm.
    private Func<int, bool> AlarmsOf(string category) => category switch
    {
        "Orleans.Runtime.Silo" => id => id != CollectorNote,
        "Orleans.Runtime.Watchdog" => id => id != ThreadStalled || time.GetElapsedTime(_created) > s_firstLooks,
        "Orleans.Runtime.MembershipService.AzureBasedMembershipTable" => id => id is not (InsertContended or UpdateContended),
        _ => _ => true,
    };

    private static bool IsRefusal(Exception? e) => e switch
    {
        null => false,
        PortInUseException or MembershipUnusableException or ClusterTlsException => true,
        AggregateException all => all.InnerExceptions.Any(IsRefusal),
        _ => IsRefusal(e.InnerException),
    };

    private sealed class Filter(ILogger inner, WithoutFalseAlarms owner, bool isOfStart, Func<int, bool> isAlarm) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => inner.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (isOfStart && IsRefusal(exception)) owner._refused = true;
            if (!owner._refused && isAlarm(eventId.Id)) inner.Log(logLevel, eventId, state, exception, formatter);
        }
    }
}
