using LisaOrleans.Checkpoints;

namespace LisaOrleans.Grains;

/// <summary>How far a manifest has come. Used within one grain's turns.</summary>
/// <param name="step">Its step.</param>
/// <param name="committedBefore">Ends when the one before is committed.</param>
internal sealed class ManifestOnItsWay(long step, Task committedBefore)
{
    private static readonly Task<IReadOnlyDictionary<string, PartState>> s_nothing =
        Task.FromResult<IReadOnlyDictionary<string, PartState>>(new Dictionary<string, PartState>());

    /// <summary>Its step.</summary>
    public long Step => step;

    /// <summary>Ends when the one before is committed.</summary>
    public Task CommittedBefore => committedBefore;

    /// <value>Ends when there is a snapshot of the run's state, with the names of the parts that changed.</value>
    public Task<IReadOnlyList<string>> Taken { get; set; } = Task.FromResult<IReadOnlyList<string>>([]);

    /// <value>Ends when those parts' states are in the store.</value>
    public Task<IReadOnlyDictionary<string, PartState>> Stored { get; set; } = s_nothing;

    /// <summary>Blobs of parts' states that are in the store so far.</summary>
    public List<BlobRef> Blobs { get; } = [];

    /// <value>Ends when the run's head names it.</value>
    public Task Committed { get; set; } = Task.CompletedTask;

    /// <value>Ends when training, which waits for that, may change the parts.</value>
    public Task Separated { get; set; } = Task.CompletedTask;

    /// <value>How long training waited for it.</value>
    public TimeSpan Stalled { get; set; }
}
