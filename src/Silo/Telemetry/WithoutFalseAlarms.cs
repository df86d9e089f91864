using Microsoft.Extensions.Logging;

namespace LisaOrleans.Silo;

/// <summary>
/// Leaves out warnings that Orleans gives whenever a silo starts and that an operator need do nothing about. Seen in Orleans
/// 10.4.2: two notes that the server garbage collector would be faster, though it would take the memory that weights need; and
/// a report of a thread that had not answered for as long as the machine has been up, because the watchdog's clock was read
/// before it was set; and, of membership in Azure tables, that two silos wrote at the same moment, as those do that start
/// together: one of them writes again.
/// </summary>
internal sealed class WithoutFalseAlarms(ILoggerProvider inner, TimeProvider time) : ILoggerProvider, ISupportExternalScope
{
    private const int CollectorNote = 100405;
    private const int ThreadStalled = 100150;
    private const int InsertContended = 100822;
    private const int UpdateContended = 100824;

    // The clock is set before the watchdog's second look, a second after its first.
    private static readonly TimeSpan s_start = TimeSpan.FromMinutes(1);

    private readonly long _created = time.GetTimestamp();

    public ILogger CreateLogger(string categoryName) => categoryName switch
    {
        "Orleans.Runtime.Silo" => new Filter(inner.CreateLogger(categoryName), id => id != CollectorNote),
        "Orleans.Runtime.Watchdog" =>
            new Filter(inner.CreateLogger(categoryName), id => id != ThreadStalled || time.GetElapsedTime(_created) > s_start),
        "Orleans.Runtime.MembershipService.AzureBasedMembershipTable" =>
            new Filter(inner.CreateLogger(categoryName), id => id is not (InsertContended or UpdateContended)),
        _ => inner.CreateLogger(categoryName),
    };

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => (inner as ISupportExternalScope)?.SetScopeProvider(scopeProvider);

    public void Dispose() => inner.Dispose();

    private sealed class Filter(ILogger inner, Func<int, bool> passes) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => inner.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (passes(eventId.Id)) inner.Log(logLevel, eventId, state, exception, formatter);
        }
    }
}
