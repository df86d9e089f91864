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
    /// comes from a silo that holds it so, or from the store.
    /// </summary>
    /// <param name="next">Where the parts are to be.</param>
    /// <param name="before">Where they were, on silos that live; null for nowhere.</param>
    /// <param name="inManifest">Whether what trains is still as the manifest has it.</param>
    public double Load(StagePlan next, StagePlan? before, bool inManifest)
    {
        var held = (before?.Stages ?? []).SelectMany(s => s.Parts.Select(p => (s.Silo, p))).ToHashSet();
        var (fromStore, links) = (new Dictionary<string, double>(), new Dictionary<string, double>());
        foreach (var stage in next.Stages)
        {
            foreach (var name in stage.Parts)
            {
                var part = costs[name];
                var isExact = inManifest || !part.Trains;
                if (held.Contains((stage.Silo, name)))
                {
                    if (!isExact) Add(fromStore, stage.Silo, part.StateBytes);
                }
                else if (isExact && before?.FindSilo(name) is { } holder)
                {
                    Add(links, stage.Silo, part.WeightBytes + part.StateBytes);
                    Add(links, holder, part.WeightBytes + part.StateBytes);
                }
                else
                {
                    Add(fromStore, stage.Silo, part.WeightBytes + part.StateBytes);
                }
            }
        }

        return cluster.Times.Restart + Longest(fromStore, cluster.StoreBytesPerSecond, cluster.StoreLatency)
            + Longest(links, cluster.LinkBytesPerSecond, cluster.LinkLatency);

        static void Add(Dictionary<string, double> bytes, string silo, double more) => bytes[silo] = bytes.GetValueOrDefault(silo) + more;

        static double Longest(Dictionary<string, double> bytes, double rate, double latency) =>
            bytes.Count == 0 ? 0 : (bytes.Values.Max() / rate) + latency;
    }

    // Of the silos, that with most state of which it is the owner.
    private double LargestState(StagePlan plan)
    {
        return plan.Stages.Max(StateOf);

        double StateOf(SiloStage stage) => stage.Parts.Where(p => plan.OwnerOf(p) == stage.Replica).Sum(p => costs[p].StateBytes);
    }
}
