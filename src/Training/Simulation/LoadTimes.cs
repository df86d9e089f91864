namespace LisaOrleans.Training;

/// <summary>How long manifests and loads of a run take on machines of a cluster.</summary>
/// <param name="costs">The run's parts.</param>
/// <param name="cluster">Links, store and memory.</param>
public sealed class LoadTimes(StepCosts costs, ClusterShape cluster)
{
    /// <summary>Bytes of a manifest.</summary>
    public double ManifestBytes => costs.Parts.Sum(p => p.StateBytes);

    /// <summary>For how long training pauses while state is copied for a manifest, in seconds: as long as the silo with most of it takes.</summary>
    public double Copy(StagePlan plan) => LargestState(plan) / cluster.CopyBytesPerSecond;

    /// <summary>How long that silo then takes to upload it, while training goes on.</summary>
    public double Upload(StagePlan plan) => (LargestState(plan) / cluster.StoreBytesPerSecond) + (2 * cluster.StoreLatency);

    /// <summary>
    /// How long a new generation takes until its parts are loaded, in seconds. What a silo holds as the manifest has it stays; else it
    /// comes from a silo that holds it so, or from the store. Of what trains the owner alone reads the state; the other replicas then
    /// get its weights from there.
    /// </summary>
    /// <param name="next">Where the parts are to be.</param>
    /// <param name="before">Where they were, on silos that live; null for nowhere.</param>
    /// <param name="inManifest">Whether what trains is still as the manifest has it.</param>
    /// <param name="ahead">What silos have that were not among these, as <see cref="PartsAhead"/> says; null (default) for nothing.</param>
    /// <param name="hasState">Whether there is any training state; before a run's first manifest there is none. Default true.</param>
    public double Load(
        StagePlan next, StagePlan? before, bool inManifest, IReadOnlySet<(string Silo, string Part)>? ahead = null, bool hasState = true) =>
        cluster.Times.Restart + Move(next, before, inManifest, ahead, hasState);

    /// <summary>What does not train, of the parts that a plan puts on silos without any: a run loads it ahead of the plan.</summary>
    /// <param name="next">The plan.</param>
    /// <param name="current">Where parts are.</param>
    public IEnumerable<(string Silo, string Part)> PartsAhead(StagePlan next, StagePlan current)
    {
        var used = current.Stages.Select(s => s.Silo).ToHashSet();
        return from stage in next.Stages
               where !used.Contains(stage.Silo)
               from part in stage.Parts
               where !costs[part].Trains
               select (stage.Silo, part);
    }

    /// <summary>How long it takes to load them, in seconds, while training goes on.</summary>
    /// <param name="parts">The parts, and the silos that get them.</param>
    /// <param name="current">Where they come from.</param>
    public double Ahead(IEnumerable<(string Silo, string Part)> parts, StagePlan current)
    {
        var links = new Transfers();
        foreach (var (silo, part) in parts) links.Add(current.FindSilo(part)!, silo, costs[part].WeightBytes);
        return links.Seconds(cluster.LinkBytesPerSecond, cluster.LinkLatency);
    }

    /// <summary>The part of <see cref="Load"/> that depends on the plan.</summary>
    internal double Move(
        StagePlan next, StagePlan? before, bool inManifest, IReadOnlySet<(string Silo, string Part)>? ahead = null, bool hasState = true)
    {
        var held = (before?.Stages ?? []).SelectMany(s => s.Parts.Select(p => (s.Silo, p))).ToHashSet();
        var (store, links) = (new Transfers(), new Transfers());
        foreach (var stage in next.Stages)
        {
            foreach (var name in stage.Parts)
            {
                var (part, silo) = (costs[name], stage.Silo);
                if (part.Trains && !hasState && !inManifest)
                {
                    Get(null, silo, part.WeightBytes);
                }
                else if (!part.Trains || !hasState)
                {
                    if (!held.Contains((silo, name)) && ahead?.Contains((silo, name)) != true) Get(before?.FindSilo(name), silo, part.WeightBytes);
                }
                else if (part.HasAdapter || next.OwnerOf(name) == stage.Replica)
                {
                    var hadState = part.HasAdapter ? held.Contains((silo, name)) : before?.FindOwner(name) == silo;
                    if (!hadState) Get(inManifest ? before?.FindOwner(name) : null, silo, part.WeightBytes + part.StateBytes);
                    else if (!inManifest) Get(null, silo, part.StateBytes);
                }
                else
                {
                    links.Add(next.SiloOf(name, next.OwnerOf(name)), silo, part.TrainedBytes);
                }
            }
        }

        return store.Seconds(cluster.StoreBytesPerSecond, cluster.StoreLatency) + links.Seconds(cluster.LinkBytesPerSecond, cluster.LinkLatency);

        void Get(string? holder, string silo, double bytes)
        {
            if (holder is null) store.Add(null, silo, bytes);
            else links.Add(holder, silo, bytes);
        }
    }

    // Of the silos, that with most state of which it is the owner.
    private double LargestState(StagePlan plan)
    {
        return plan.Stages.Max(StateOf);

        double StateOf(SiloStage stage) => stage.Parts.Where(p => plan.OwnerOf(p) == stage.Replica).Sum(p => costs[p].StateBytes);
    }

    /// <summary>Bytes that silos send and get, all at once.</summary>
    private sealed class Transfers
    {
        private readonly Dictionary<(string Silo, bool Sends), double> _bytes = [];

        public void Add(string? from, string to, double bytes)
        {
            if (from is not null) _bytes[(from, true)] = _bytes.GetValueOrDefault((from, true)) + bytes;
            _bytes[(to, false)] = _bytes.GetValueOrDefault((to, false)) + bytes;
        }

        // As long as the silo with most of them takes.
        public double Seconds(double rate, double latency) => _bytes.Count == 0 ? 0 : (_bytes.Values.Max() / rate) + latency;
    }
}
