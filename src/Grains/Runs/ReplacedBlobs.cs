using LisaOrleans.Checkpoints;

namespace LisaOrleans.Grains;

/// <summary>
/// Blobs that a run's manifests named and no longer do. They are deleted now and then, beside the training, once they are so old that nobody
/// else can still be about to name them. Used within one grain's turns.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="period">How long after a collection the next one begins at the earliest.</param>
/// <param name="time">The clock.</param>
/// <param name="failed">Told why a collection failed. What could not be deleted only takes up space.</param>
internal sealed class ReplacedBlobs(IBlobStore store, TimeSpan period, TimeProvider time, Action<Exception> failed)
{
    private static readonly TimeSpan s_age = TimeSpan.FromMinutes(5);

    // With the collection after which each was added last.
    private readonly Dictionary<string, int> _names = [];

    // It owns neither a timer nor a handle.
    private CancellationTokenSource _life = new();
    private Task _collecting = Task.CompletedTask;
    private long _collected = time.GetTimestamp();
    private int _collections;

    /// <summary>Adds blobs that are named no longer.</summary>
    public void Add(IEnumerable<string> names)
    {
        foreach (var name in names) _names[name] = _collections;
    }

    /// <summary>Takes out what is named again.</summary>
    public void Remove(IEnumerable<string> names)
    {
        foreach (var name in names) _names.Remove(name);
    }

    /// <summary>Begins a collection if it is time for one. Nothing waits for it: in a large store it takes as long as many manifests.</summary>
    public void Collect()
    {
        if (!_collecting.IsCompleted || time.GetElapsedTime(_collected) < period) return;
        _life = new CancellationTokenSource();
        _collecting = Collect(_life.Token);
    }

    /// <summary>Ends a collection that is under way, which may take its time to come to its own end.</summary>
    /// <param name="patience">How long it may take.</param>
    public async Task End(TimeSpan patience)
    {
        await _collecting.WaitAsync(patience, time)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await _life.CancelAsync();
        await _collecting;
    }

    // What a manifest names that is committed meanwhile was made new for it after the blobs had been listed, and so is spared.
    private async Task Collect(CancellationToken cancellationToken)
    {
        _collected = time.GetTimestamp();
        var names = _names.Keys.ToHashSet();
        _collections++;
        try
        {
            var report = await Task.Run(
                () => GarbageCollector.CollectAsync(store, names, s_age, time, cancellationToken), cancellationToken);

            // Of what this run is done with, somebody else may make a blob anew, and name it only hours later.
            names.ExceptWith(report.Spared.Select(b => b.Sha256));

            // One that was named and replaced again meanwhile may have been made anew after the collection had passed it.
            foreach (var name in names)
                if (_names.TryGetValue(name, out var added) && added < _collections) _names.Remove(name);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The next collection deletes what is left.
        }
        catch (Exception e)
        {
            failed(e);
        }
    }
}
