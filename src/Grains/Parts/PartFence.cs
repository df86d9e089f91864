namespace LisaOrleans.Grains;

/// <summary>
/// The generation that a part belongs to; a new one cancels what earlier ones began. Raised in the grain's turns only; also read
/// on the device's thread.
/// </summary>
internal sealed class PartFence(PartServices services, string run, string part) : IDisposable
{
    private CancellationTokenSource _life = new();
    private CancellationTokenSource _current = new();
    private long _generation;

    // Kept beside its source, which may be disposed while another thread looks.
    private CancellationToken _currentToken;

    /// <summary>The generation.</summary>
    public long Generation => Volatile.Read(ref _generation);

    /// <summary>Cancelled when the generation ends.</summary>
    public CancellationToken Current => _currentToken;

    /// <summary>Cancelled when the part lets go of everything.</summary>
    public CancellationToken Life => _life.Token;

    /// <summary>Enters a generation: whoever belongs to an earlier one is refused from now on.</summary>
    /// <exception cref="StaleGenerationCallException">A newer one was entered before.</exception>
    public Task Enter(long generation)
    {
        if (generation < _generation) throw new StaleGenerationCallException(part, generation, _generation);
        Volatile.Write(ref _generation, generation);
        services.LocalParts.Fence(run, part, generation);
        var before = _current;

        // Loaded anew while it lets go.
        if (_life.IsCancellationRequested) _life = new CancellationTokenSource();
        _current = CancellationTokenSource.CreateLinkedTokenSource(_life.Token);
        _currentToken = _current.Token;
        return End(before);
    }

    /// <summary>Refuses callers that do not belong to the generation.</summary>
    /// <exception cref="StaleGenerationCallException">It was replaced, or has not been entered yet.</exception>
    public void Check(long generation)
    {
        var current = Generation;
        if (generation != current) throw new StaleGenerationCallException(part, generation, current);
    }

    /// <summary>Cancels everything under way.</summary>
    public Task End() => _life.CancelAsync();

    private static async Task End(CancellationTokenSource before)
    {
        await before.CancelAsync();
        before.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _current.Dispose();
        _life.Dispose();
    }
}
