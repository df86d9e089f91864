namespace LisaOrleans.Training;

/// <summary>
/// Which silo holds which parts. Each replica is a pipeline of all parts: its decoder layers are contiguous, and with tied embeddings its
/// head is where its embedding is.
/// </summary>
public sealed class StagePlan
{
    private readonly Dictionary<(string Part, int Replica), string> _silos;

    /// <param name="stages">The stages, replica after replica, each in the order of the walk.</param>
    /// <param name="lanes">How many gradient lanes each replica has; null (default) where a single one has all.</param>
    public StagePlan(IReadOnlyList<SiloStage> stages, IReadOnlyList<int>? lanes = null)
        : this(stages, lanes ?? [], stages.Select(s => s.Replica).DefaultIfEmpty().Max() + 1)
    {
    }

    private StagePlan(IReadOnlyList<SiloStage> stages, IReadOnlyList<int> lanes, int replicas)
    {
        (Stages, Lanes, Replicas) = (stages, lanes, replicas);
        _silos = stages.SelectMany(s => s.Parts.Select(p => (p, s.Replica, s.Silo))).ToDictionary(p => (p.p, p.Replica), p => p.Silo);
    }

    public IReadOnlyList<SiloStage> Stages { get; }

    /// <summary>How many pipelines there are.</summary>
    public int Replicas { get; }

    /// <summary>How many gradient lanes each replica has, in their order; empty where a single one has all.</summary>
    public IReadOnlyList<int> Lanes { get; }

    /// <value>
    /// The most micro-batches that are on their way through each replica at one time, where silos have too little memory for more; empty
    /// (default) for one more than there are stages, or a single one where there is one stage.
    /// </value>
    public IReadOnlyList<int> InFlight { get; init; } = [];

    /// <summary>The silo that has a part in a replica.</summary>
    public string SiloOf(string part, int replica = 0) => _silos[(part, replica)];

    /// <summary>The replica that keeps a part's optimizer state and updates it. Parts are spread over replicas.</summary>
    public int OwnerOf(string part) => part switch
    {
        PartName.Embedding => 0,
        PartName.Head => Replicas - 1,
        _ => PartName.LayerIndex(part)!.Value % Replicas,
    };

    /// <summary>The replica of a lane. Each has lanes that follow each other.</summary>
    public int ReplicaOf(int lane)
    {
        var replica = 0;
        for (var end = 0; replica < Lanes.Count - 1 && lane >= (end += Lanes[replica]);) replica++;
        return replica;
    }

    /// <summary>The silo of a part's owner; null if that is not known.</summary>
    public string? FindOwner(string part) => _silos.GetValueOrDefault((part, OwnerOf(part)));

    /// <summary>A silo that has a part: its owner's, if that is known; null if none is.</summary>
    public string? FindSilo(string part) => FindOwner(part) ?? Holders(part).FirstOrDefault();

    /// <summary>The silos that have a part, replica after replica.</summary>
    public IEnumerable<string> Holders(string part) =>
        Enumerable.Range(0, Replicas).Select(r => _silos.GetValueOrDefault((part, r))).OfType<string>();

    /// <summary>The stages of a replica.</summary>
    public int StagesOf(int replica) => Stages.Count(s => s.Replica == replica);

    /// <summary>The most micro-batches that are on their way through a replica.</summary>
    public int InFlightOf(int replica) => InFlight.Count > 0 ? InFlight[replica] : MostInFlight(StagesOf(replica));

    /// <summary>One micro-batch for each stage, and one that is between two of them.</summary>
    internal static int MostInFlight(int stages) => stages > 1 ? stages + 1 : 1;

    /// <summary>How many times longer a micro-batch of many takes where too few are on their way to keep all stages at work.</summary>
    internal static double Waiting(int stages, int inFlight) => Math.Max(1, (double)stages / inFlight);

    /// <summary>The same plan without what is on silos other than these.</summary>
    public StagePlan On(IEnumerable<string> silos) => new([.. Stages.Where(s => silos.Contains(s.Silo))], Lanes, Replicas);

    /// <summary>The same plan for silos of other names.</summary>
    internal StagePlan Named(Func<string, string> nameOf) =>
        new([.. Stages.Select(s => s with { Silo = nameOf(s.Silo) })], Lanes, Replicas) { InFlight = InFlight };

    public bool Uses(string silo) => Stages.Any(s => s.Silo == silo);

    public bool SameAs(StagePlan other) =>
        _silos.Count == other._silos.Count && Lanes.SequenceEqual(other.Lanes)
        && Enumerable.Range(0, Replicas).All(r => InFlightOf(r) == other.InFlightOf(r))
        && _silos.All(p => other._silos.TryGetValue(p.Key, out var silo) && silo == p.Value);
}
