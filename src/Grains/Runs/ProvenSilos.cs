using LisaOrleans.Training;

namespace LisaOrleans.Grains;

/// <summary>
/// Silos that a run has proven to work on, by a manifest that was saved while they held parts of it, and which of them to doubt when it fails
/// again and again. A silo may be live and load all that it is to, and yet not be able to train it, to exchange tensors or to write to the
/// store. Used within one grain's turns.
/// </summary>
internal sealed class ProvenSilos(TimeProvider time)
{
    // A failure may have other causes, such as a silo that was lost and is not missed yet.
    private const int FailuresUntilDoubt = 3;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private static readonly HashSet<string> s_none = [];

    private readonly HashSet<string> _proven = [];

    // Where the run has failed since when and how often in a row, and on which of these silos something failed each time.
    private HashSet<string> _silos = [];
    private HashSet<string> _failed = [];
    private long _since;
    private int _failures;

    /// <summary>A manifest was saved.</summary>
    /// <param name="stages">Where the parts were.</param>
    public void Add(StagePlan stages)
    {
        _proven.UnionWith(Of(stages));
        _silos = [];
    }

    /// <summary>A generation failed.</summary>
    /// <param name="stages">Where its parts were.</param>
    /// <param name="failed">The silos on which something failed, as far as is known.</param>
    /// <param name="ofStore">Whether it was a manifest, of which no silo could store anything: that is the fault of none of them.</param>
    /// <returns>
    /// The silos to doubt: those on which something failed each time, else those that have not proven to work where others have, else all;
    /// none while such failures are few, or have not lasted.
    /// </returns>
    public IReadOnlySet<string> Doubt(StagePlan stages, IReadOnlySet<string> failed, bool ofStore)
    {
        var silos = Of(stages).ToHashSet();
        if (!silos.SetEquals(_silos)) (_silos, _failed, _since, _failures) = (silos, [.. silos], time.GetTimestamp(), 0);
        _failures++;
        if (failed.Count > 0) _failed.IntersectWith(failed);
        if (_failures < FailuresUntilDoubt || time.GetElapsedTime(_since) < s_patience) return s_none;
        var (each, others) = (_failed, silos.Where(s => !_proven.Contains(s)).ToHashSet());
        _silos = [];
        if (!ofStore && each.Count > 0 && each.Count < silos.Count) return each;
        if (others.Count > 0 && others.Count < silos.Count) return others;
        if (ofStore) return s_none;
        _proven.ExceptWith(silos);
        return silos;
    }

    private static IEnumerable<string> Of(StagePlan stages) => stages.Stages.Select(s => s.Silo);
}
