namespace LisaOrleans.Data;

/// <summary>Works on many things at once and gives the results in order. Holds a few at a time, however many there are.</summary>
internal static class OrderedParallel
{
    /// <param name="items">What is worked on; read on the caller's thread.</param>
    /// <param name="work">The work; runs on any thread.</param>
    public static IEnumerable<TResult> Select<T, TResult>(IEnumerable<T> items, Func<T, TResult> work)
    {
        var running = new Queue<Task<TResult>>();
        var most = 2 * Environment.ProcessorCount;
        try
        {
            foreach (var item in items)
            {
                if (running.Count == most) yield return running.Dequeue().GetAwaiter().GetResult();
                running.Enqueue(Task.Run(() => work(item)));
            }

            while (running.Count > 0) yield return running.Dequeue().GetAwaiter().GetResult();
        }
        finally
        {
            // Where one failed or the caller stopped, the others still use what the caller is about to dispose of.
            foreach (var task in running) ((IAsyncResult)task).AsyncWaitHandle.WaitOne();
        }
    }
}
