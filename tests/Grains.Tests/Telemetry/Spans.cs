using System.Diagnostics;

namespace LisaOrleans.Grains.Tests;

/// <summary>The spans of this process: ours, and those of Orleans' calls, which carry them from grain to grain.</summary>
internal static class Spans
{
    /// <summary>Hears of every span until disposed.</summary>
    public static IDisposable Listen(Action<Activity>? started = null, Action<Activity>? stopped = null)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is LisaTelemetry.Name or "Microsoft.Orleans.Application",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStarted = started,
            ActivityStopped = stopped,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
