namespace LisaOrleans.Grains;

/// <summary>
/// Lets the micro-batches of a step through one by one, in their order, so that they take their turns and gradients add up in
/// the same order whatever the timing. Used within one grain's turns, so it needs no lock.
/// </summary>
internal sealed class MicroBatchOrder
{
    private readonly Dictionary<int, TaskCompletionSource> _waiting = [];
    private long _step;
    private int _next;

    /// <summary>Waits until all earlier micro-batches of the step are through.</summary>
    public async Task Enter(long step, int index, CancellationToken cancellationToken)
    {
        // A late call of an earlier generation must not take a place in the queue of this one.
        cancellationToken.ThrowIfCancellationRequested();
        if (step != _step) (_step, _next) = (step, 0);
        if (index == _next) return;

        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[index] = turn;
        await turn.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Lets the next micro-batch through.</summary>
    public void Leave()
    {
        _next++;
        if (_waiting.Remove(_next, out var turn)) turn.SetResult();
    }

    /// <summary>Begins a piece of work when all earlier micro-batches have begun theirs.</summary>
    public async Task<T> Begin<T>(long step, int index, Func<Task<T>> begin, CancellationToken cancellationToken)
    {
        await Enter(step, index, cancellationToken);
        var begun = begin();
        Leave();
        return await begun;
    }

    /// <summary>Cancels everything that waits.</summary>
    public void Reset()
    {
        foreach (var turn in _waiting.Values) turn.TrySetCanceled();
        _waiting.Clear();
        _step = 0;
    }
}
