namespace LisaOrleans.Bench;

/// <summary>How many silos each replica of a run has, replica after replica.</summary>
internal sealed record ReplicaLayout(int Replicas, int Stages)
{
    /// <summary>Silos of the layout.</summary>
    public int Silos => Replicas * Stages;

    /// <summary>The layout of a run as it prints: 3x2, or 2+1 where replicas differ; empty while nothing is placed.</summary>
    public static string Of(RunStatus status)
    {
        int[] stages = [.. status.Stages.GroupBy(s => s.Replica).OrderBy(r => r.Key).Select(r => r.Count())];
        return stages is [var first, ..] && stages.All(s => s == first)
            ? new ReplicaLayout(stages.Length, first).ToString()
            : string.Join('+', stages);
    }

    public override string ToString() => $"{Replicas}x{Stages}";
}
