namespace LisaOrleans.Grains;

/// <summary>
/// Lets what one silo sends another go one after the other: what is needed first is there first, which it would not be if all shared
/// the link. Used within one grain's turns.
/// </summary>
internal sealed class TransferQueues
{
    private readonly Dictionary<(string From, string To), Task> _last = [];

    /// <summary>Queues a transfer; it begins when those that were queued before it have ended, and not at all where one of them fails.</summary>
    public Task Add(string from, string to, Func<Task> transfer)
    {
        return _last[(from, to)] = InTurn(_last.GetValueOrDefault((from, to), Task.CompletedTask));

        async Task InTurn(Task before)
        {
            await before;
            await transfer();
        }
    }
}
