namespace LisaOrleans.Grains;

/// <summary>How runs behave on a silo, whatever they train.</summary>
public sealed record RunOptions
{
    /// <value>
    /// How long a step under way may go on when its run is to stop or to leave a silo. After that it is broken off: its gradients
    /// are dropped, and the manifest is of the step before it. Default 12 s, which leaves most of the usual 30 s of notice for
    /// the manifest.
    /// </value>
    public TimeSpan StepPatience { get; init; } = TimeSpan.FromSeconds(12);

    /// <value>The step after which runs are paused where they were to go on; null (default) for their last one.</value>
    public long? LastStep { get; init; }

    /// <value>
    /// Whether runs end with <see cref="LastStep"/>, as those do that early stopping ends there, rather than being paused. Default false.
    /// </value>
    public bool LastStepIsEnd { get; init; }

    /// <value>How often blobs are collected that a run has replaced. Default 1 minute.</value>
    internal TimeSpan CollectPeriod { get; init; } = TimeSpan.FromMinutes(1);

    /// <value>How long a run that is done waits for that. Default 10 s.</value>
    internal TimeSpan CollectPatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <value>How often blobs are made new that wait for a manifest that names them. Default 1 minute.</value>
    internal TimeSpan RenewPeriod { get; init; } = TimeSpan.FromMinutes(1);

    /// <value>How often a part looks whether its run has lost sight of it. Default 15 s.</value>
    internal TimeSpan OrphanPeriod { get; init; } = TimeSpan.FromSeconds(15);

    /// <value>How each kind of failure is handled.</value>
    internal FailurePolicy Failures { get; init; } = FailurePolicy.Default;
}
