namespace LisaOrleans.Dashboard;

/// <summary>
/// A question to a grain that takes no token: who gives up waiting leaves it behind, so it is not asked again before it was answered.
/// Used by one look at a time.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class OpenQuestion<T>(TimeProvider time)
{
    private Task<T>? _asked;
    private object? _about;

    /// <summary>Asks, or waits for the answer to the same question that is still open.</summary>
    /// <param name="ask">Asks.</param>
    /// <param name="patience">How long to wait.</param>
    /// <param name="about">What the question is about, where that changes: an answer to another one is of no use. Default null.</param>
    /// <exception cref="TimeoutException">There is no answer yet.</exception>
    public async Task<T> Ask(Func<Task<T>> ask, TimeSpan patience, object? about = null)
    {
        if (_asked is null || !Equals(about, _about)) (_asked, _about) = (ask(), about);
        var asked = _asked;
        try
        {
            return await asked.WaitAsync(patience, time);
        }
        finally
        {
            if (asked.IsCompleted) _asked = null;
        }
    }
}
