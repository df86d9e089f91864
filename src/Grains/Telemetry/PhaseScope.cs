using System.Diagnostics;

namespace LisaOrleans.Grains;

/// <summary>A phase under way: its time counts for its run, and it is a span of the step's trace.</summary>
internal readonly struct PhaseScope(RunTelemetry run, StepPhase phase, Activity? span) : IDisposable
{
    private readonly long _started = Stopwatch.GetTimestamp();

    public void Dispose()
    {
        run.Add(phase, Stopwatch.GetElapsedTime(_started));
        span?.Dispose();
    }
}
