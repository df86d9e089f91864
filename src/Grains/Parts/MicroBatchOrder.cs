namespace LisaOrleans.Grains;

/// <summary>
/// Lets the micro-batches of a step through one by one, in their order, so that they take their turns and gradients add up in
/// the same order whatever the timing.
/// </summary>
internal sealed class MicroBatchOrder
{
    // A micro-batch may come in a turn of the part's grain, or on the device's thread from the part before.
    private readonly Lock _lock = new();
    private readonly Dictionary<int, TaskCompletionSource> _waiting = [];
    private long _generation;
    private long _step;
    private int _next;

    /// <summary>Waits until all earlier micro-batches of the step are through.</summary>
    public Task Enter(long generation, long step, int index, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            // A late call of an earlier generation must not take a place in the queue of this one.
            if (cancellationToken.IsCancellationRequested) return Task.FromCanceled(cancellationToken);
            if (generation != _generation) return Task.FromCanceled(new CancellationToken(canceled: true));
            if (step != _step) (_step, _next) = (step, 0);
            if (index == _next) return Task.CompletedTask;

            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting[index] = turn;
            return turn.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Lets the next micro-batch through, unless another generation has begun.</summary>
    public void Leave(long generation)
    {
        lock (_lock)
        {
            if (generation != _generation) return;
            _next++;
            if (_waiting.Remove(_next, out var turn)) turn.SetResult();
        }
    }

    /// <summary>Begins a piece of work when all earlier micro-batches have begun theirs.</summary>
    public async Task<T> Begin<T>(long generation, long step, int index, Func<Task<T>> begin, CancellationToken cancellationToken)
    {
        await Enter(generation, step, index, cancellationToken).ConfigureAwait(false);
        var begun = begin();
        Leave(generation);
        return await begun.ConfigureAwait(false);
    }

    /// <summary>Cancels everything that waits; from now on micro-batches are those of a generation.</summary>
    public void Reset(long generation)
    {
        lock (_lock)
        {
            foreach (var turn in _waiting.Values) turn.TrySetCanceled();
            _waiting.Clear();
            (_generation, _step) = (generation, 0);
        }
    }
}
