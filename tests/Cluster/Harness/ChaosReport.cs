namespace LisaOrleans.Cluster;

/// <summary>What a run under chaos went through.</summary>
internal sealed record ChaosReport
{
    public Dictionary<ChaosAction, int> Actions { get; } = [];

    /// <value>Processes that were killed.</value>
    public int Kills { get; set; }

    /// <value>Seconds from a SIGKILL to the next committed step that had not been made before.</value>
    public List<double> KillSeconds { get; } = [];

    /// <value>The same until there is one more.</value>
    public List<double> KillSecondsOfTwo { get; } = [];

    /// <value>Seconds from a SIGSTOP to the next committed step.</value>
    public List<double> FreezeSeconds { get; } = [];

    /// <value>Committed steps that had to be done again after a kill.</value>
    public List<double> LostByKill { get; } = [];

    /// <value>The same after a notice: a leave or a preemption.</value>
    public List<double> LostByNotice { get; } = [];

    public static double Percentile(List<double> values, double share)
    {
        if (values.Count == 0) return 0;
        var sorted = values.Order().ToArray();
        return sorted[(int)Math.Min(sorted.Length - 1, Math.Ceiling(share * sorted.Length) - 1)];
    }
}
