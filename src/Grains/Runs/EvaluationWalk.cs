namespace LisaOrleans.Grains;

/// <summary>How micro-batches that do not train are dealt out: any replica can take any of them, so that a slow one gets fewer.</summary>
internal static class EvaluationWalk
{
    /// <summary>Sends all of them on their way; each replica takes the next when it has room.</summary>
    /// <param name="count">How many there are.</param>
    /// <param name="inFlight">How many each replica has on their way at one time.</param>
    /// <param name="send">Sends one, by its replica and its number from 0, and ends when it is through.</param>
    public static Task Run(int count, IReadOnlyList<int> inFlight, Func<int, int, Task> send)
    {
        var taken = -1;

        // One for each replica, then a second one for each: where there are few, none is without.
        return Task.WhenAll([
            .. from place in Enumerable.Range(0, inFlight.Max())
               from replica in Enumerable.Range(0, inFlight.Count)
               where place < inFlight[replica]
               select Take(replica),
        ]);

        async Task Take(int replica)
        {
            for (int next; (next = Interlocked.Increment(ref taken)) < count;) await send(replica, next);
        }
    }
}
