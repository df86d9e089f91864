using LisaOrleans.Checkpoints;

namespace LisaOrleans.Grains;

/// <summary>
/// Tells a part that its run has lost sight of it: when the silo of a run's grain dies, the run may go on elsewhere under a newer generation,
/// and when a run ends, not every part may be told. Used within one grain's turns.
/// </summary>
internal sealed class OrphanSigns
{
    private long _seen;

    /// <summary>
    /// Whether nobody will come back for the part. It is looked at twice: a generation that has only just begun may be about to load the
    /// part, or to take it over, and one that has only just ended about to let go of it.
    /// </summary>
    /// <param name="head">The run's head; null where there is no such run.</param>
    /// <param name="generation">The generation that the part belongs to.</param>
    public bool Show(RunHead? head, long generation)
    {
        if (head is null) return true;
        var (isWithout, before) = (head.Generation > generation || (head.Generation == generation && !head.IsActive), _seen);
        _seen = isWithout ? head.Generation : 0;
        return isWithout && head.Generation == before;
    }
}
