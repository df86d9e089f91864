using System.Diagnostics;

namespace LisaOrleans.Grains;

/// <summary>A step under way: the root of a trace, and the scope of what is logged meanwhile.</summary>
internal readonly struct StepScope(Activity? span, IDisposable? log) : IDisposable
{
    public void Dispose()
    {
        log?.Dispose();
        span?.Dispose();
    }
}
