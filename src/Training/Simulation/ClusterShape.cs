namespace LisaOrleans.Training;

/// <summary>Machines that may or may not exist: what plans and simulations of a cluster start from.</summary>
public sealed record ClusterShape
{
    /// <value>The machines, kind after kind.</value>
    public required IReadOnlyList<MachineKind> Machines { get; init; }

    /// <value>Bytes a second from each machine to others, and from others to it. Default 10 Gbit/s.</value>
    public double LinkBytesPerSecond { get; init; } = 10e9 / 8;

    /// <value>Seconds that a message takes from one machine to another. Default 0.5 ms.</value>
    public double LinkLatency { get; init; } = 0.0005;

    /// <value>Bytes a second between each machine and the store. Default 2 Gbit/s.</value>
    public double StoreBytesPerSecond { get; init; } = 2e9 / 8;

    /// <value>Seconds that the store takes to answer. Default 30 ms.</value>
    public double StoreLatency { get; init; } = 0.03;

    /// <value>Bytes a second at which a machine copies state for a manifest, while it does not train. Default 5 GB/s.</value>
    public double CopyBytesPerSecond { get; init; } = 5e9;

    /// <value>How often in an hour each machine is taken away. Default never.</value>
    public double EvictionsPerHour { get; init; }

    /// <value>How long before that it is told; 0 (default) for not at all.</value>
    public double NoticeSeconds { get; init; }

    /// <value>Seconds until another machine stands in its place and has joined. Default 5 min.</value>
    public double ReplacementSeconds { get; init; } = 300;

    /// <value>How long the protocol takes.</value>
    public ProtocolTimes Times { get; init; } = new();

    /// <value>All machines.</value>
    public int Count => Machines.Sum(m => m.Count);

    /// <summary>The kind of a machine by its number, from 0; beyond the last machine it begins again.</summary>
    public int KindOf(int machine)
    {
        var left = machine % Count;
        var kind = 0;
        while (left >= Machines[kind].Count) left -= Machines[kind++].Count;
        return kind;
    }

    /// <summary>Silos on its machines as planners see them, with the speeds that a run has measured after a while.</summary>
    /// <param name="silos">Their names, and the kinds of their machines; at least one.</param>
    /// <param name="spec">The run's settings.</param>
    internal TrainingSilo[] SilosOf(IReadOnlyList<(string Name, int Kind)> silos, TrainingSpec spec)
    {
        var speeds = SiloSpeeds.Relative([.. silos.Select(s => 1 / Machines[s.Kind].MultiplyAddsPerSecond)]);
        return
        [
            .. silos.Zip(speeds, (silo, speed) => new TrainingSilo(silo.Name, Machines[silo.Kind].MemoryBytes, spec.Threads)
            {
                OnGpu = Machines[silo.Kind].OnGpu,
                Speed = speed,
            }),
        ];
    }
}
