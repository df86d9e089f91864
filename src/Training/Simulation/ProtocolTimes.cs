namespace LisaOrleans.Training;

/// <summary>How long the parts of a recovery take that have nothing to do with bytes, in seconds.</summary>
public sealed record ProtocolTimes
{
    /// <value>
    /// From a machine's end to the moment at which the others know. Default: two missed probes, each given up after 1.5 times the
    /// 1.5 s of --probe-timeout-seconds. Of a process that dies alone they know sooner, as its connections break.
    /// </value>
    public double Detection { get; init; } = 2 * 1.5 * 1.5;

    /// <value>How much later the run goes on if the silo with its grain died: half the period of its reminder, by default.</value>
    public double Wake { get; init; } = 1.5;

    /// <value>A new generation without its loads: taking the head, asking the queue, planning, the journal. Default 0.5 s.</value>
    public double Restart { get; init; } = 0.5;

    /// <value>How long a step may go on when a silo is to leave. Default 12 s.</value>
    public double StepPatience { get; init; } = 12;

    /// <value>How long a recovery waits for a manifest that is on its way. Default 2 s.</value>
    public double SettlePatience { get; init; } = 2;
}
