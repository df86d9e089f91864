namespace LisaOrleans.Grains;

/// <summary>
/// Lets calls of one grain follow each other, in the order in which they came, where the grain is reentrant otherwise: what one of
/// them has looked up still holds when it acts on it. A call must not make another one and wait for it. Used within one grain's turns.
/// </summary>
internal sealed class OneAtATime
{
    private Task _last = Task.CompletedTask;

    /// <summary>Makes a call once those before it have ended, however they ended.</summary>
    /// <param name="call">The call.</param>
    public Task Do(Func<Task> call) => Do(async () =>
    {
        await call();
        return true;
    });

    /// <inheritdoc cref="Do(Func{Task})"/>
    public async Task<T> Do<T>(Func<Task<T>> call)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var before = _last;
        _last = ended.Task;
        await before;
        try
        {
            return await call();
        }
        finally
        {
            ended.SetResult();
        }
    }
}
