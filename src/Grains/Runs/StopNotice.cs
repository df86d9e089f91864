namespace LisaOrleans.Grains;

/// <summary>
/// Tells the work of one generation that the run is to stop or to go elsewhere, because it was asked to or because a silo is
/// about to leave. What commits nothing (an evaluation, a load) is broken off at once; a step under way gets some time to
/// end, so that the rest of the machine's grace is left for the manifest. Used within one grain's turns.
/// </summary>
internal sealed class StopNotice(TimeSpan stepPatience, TimeProvider time) : IDisposable
{
    private readonly CancellationTokenSource _given = new();
    private readonly CancellationTokenSource _stepOver = new(Timeout.InfiniteTimeSpan, time);
    private bool _disposed;

    /// <summary>Whether the notice was given.</summary>
    public bool IsGiven => _given.IsCancellationRequested;

    /// <summary>Cancelled as soon as the notice is given: ends what commits nothing.</summary>
    public CancellationToken Given => _given.Token;

    /// <summary>Cancelled some time after the notice: ends a step that has not ended by itself.</summary>
    public CancellationToken StepOver => _stepOver.Token;

    /// <summary>Gives the notice. Does nothing if it was given before or the generation is over.</summary>
    public void Give()
    {
        if (IsGiven || _disposed) return;
        _stepOver.CancelAfter(stepPatience);

        // Whatever waits for it goes on in its own turn, not in the caller's.
        _given.CancelAsync().Ignore();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        _given.Dispose();
        _stepOver.Dispose();
    }
}
