namespace LisaOrleans;

/// <summary>Where a run is now.</summary>
[GenerateSerializer, Immutable, Alias("lisa.RunStatus")]
public sealed record RunStatus
{
    /// <summary>The run's name.</summary>
    [Id(0)] public required string Run { get; init; }

    /// <summary>What it is doing.</summary>
    [Id(1)] public required RunState State { get; init; }

    /// <summary>The last committed step; 0 before the first.</summary>
    [Id(2)] public long Step { get; init; }

    /// <summary>Steps in all.</summary>
    [Id(3)] public long TotalSteps { get; init; }

    /// <summary>Mean loss of the last step, in nats per label.</summary>
    [Id(4)] public double? Loss { get; init; }

    /// <summary>The generation it runs in.</summary>
    [Id(5)] public long Generation { get; init; }

    /// <summary>How often it went back to a manifest since it was last started.</summary>
    [Id(6)] public int Recoveries { get; init; }

    /// <summary>The step of the last manifest.</summary>
    [Id(7)] public long ManifestStep { get; init; }

    /// <summary>The reason, where it failed, waits, or was paused because only people can put something right.</summary>
    [Id(8)] public string? Error { get; init; }

    /// <summary>Which silo holds which parts; empty while it does not train.</summary>
    [Id(9)] public IReadOnlyList<SiloStage> Stages { get; init; } = [];

    /// <summary>Decoder layers of the model.</summary>
    [Id(13)] public int LayerCount { get; init; }

    /// <summary>How often parts moved to other silos at a step boundary since it was last started.</summary>
    [Id(10)] public int Moves { get; init; }

    /// <summary>Bytes that the last manifest wrote.</summary>
    [Id(11)] public long ManifestBytes { get; init; }

    /// <summary>Seconds for which training paused for manifests since it was last started.</summary>
    [Id(12)] public double StallSeconds { get; init; }

    /// <summary>Where a watcher is that has seen everything so far.</summary>
    [Id(14)] public EventPosition Position { get; init; } = EventPosition.Start;

    /// <summary>Its place among the runs that wait for silos, from 1; 0 for a run that does not wait.</summary>
    [Id(15)] public int QueuePosition { get; init; }

    /// <summary>Its priority.</summary>
    [Id(16)] public int Priority { get; init; }

    /// <summary>How its parts were loaded since the run was last started.</summary>
    [Id(17)] public LoadCount Loads { get; init; } = new();

    /// <summary>Its training method with its settings, in a few words; null where the run's settings are not known yet.</summary>
    [Id(18)] public string? Method { get; init; }

    /// <summary>Manifests that it keeps, the last one among them.</summary>
    [Id(30)] public int KeptManifests { get; init; }

    /// <summary>Bytes in the store of all that these manifests name, what they share counted once.</summary>
    [Id(31)] public long HistoryBytes { get; init; }

    /// <summary>What its replicas exchange; null where there is only one.</summary>
    [Id(32)] public ReplicaTraffic? Traffic { get; init; }

    /// <summary>How many gradient lanes each replica has, in their order; empty where there is only one.</summary>
    [Id(33)] public IReadOnlyList<int> ReplicaLanes { get; init; } = [];

    /// <summary>
    /// Multiply-adds of decoder layers in a second of its device's own time, by silo: a moving average. Silos that were not measured yet are
    /// missing.
    /// </summary>
    [Id(34)] public IReadOnlyDictionary<string, double> Speeds { get; init; } = new Dictionary<string, double>();

    /// <summary>
    /// Seconds that a step takes by the clock, on average of the last ones, with evaluations and waiting for manifests; null where that is not
    /// known.
    /// </summary>
    [Id(35)] public double? SecondsPerStep { get; init; }

    /// <summary>
    /// The kinds of processors and GPUs that have computed it, and of those that do now. Kinds round sums differently: of more than one, its
    /// bits are those of none.
    /// </summary>
    [Id(36)] public IReadOnlyList<string> Kinds { get; init; } = [];
}
