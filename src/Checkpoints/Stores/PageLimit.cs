namespace LisaOrleans.Checkpoints;

/// <summary>
/// A limit for each page of a list, and for each deletion of many: they take as long as a store is large, and are given up only where one
/// answer does not come.
/// </summary>
internal static class PageLimit
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    /// <summary>Asks for a page, or a deletion.</summary>
    /// <param name="ask">Asks the store.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="OperationCanceledException">The answer did not come in time.</exception>
    public static async Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> ask, TimeProvider time, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(s_limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        return await ask(either.Token).ConfigureAwait(false);
    }
}
