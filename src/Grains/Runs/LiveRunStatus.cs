using LisaOrleans.Training;

namespace LisaOrleans.Grains;

/// <summary>
/// What the activation that works on a run, or last did, says of it: more than the store (<see cref="StoredRunStatus"/>), and sooner.
/// </summary>
internal static class LiveRunStatus
{
    /// <summary>The run's status.</summary>
    /// <param name="run">What is known of it from the store.</param>
    /// <param name="placement">Where its parts are.</param>
    /// <param name="life">Where it is in its life.</param>
    public static RunStatus Of(StoredRun run, RunPlacement placement, RunLifecycle life) => new()
    {
        Run = run.Name,
        State = life.Phase.State,
        Step = life.Step ?? run.ManifestStep,
        TotalSteps = life.Phase.State == RunState.Succeeded ? life.Step ?? run.ManifestStep : run.Plan?.TotalSteps ?? 0,
        LayerCount = run.Plan?.Config.NumHiddenLayers ?? 0,
        Loss = run.History?.Records.LastOrDefault()?.Loss,
        Generation = run.Session?.Generation ?? 0,
        Recoveries = run.Session?.Head.Recoveries ?? 0,
        ManifestStep = run.ManifestStep,
        Error = life.Phase.Reason,
        Stages = placement.Stages,
        Moves = placement.Moves,
        Priority = run.Plan?.Spec.Priority ?? 0,
        Method = run.Plan is { } plan ? Methods.Describe(plan.Spec) : null,
        ManifestBytes = life.ManifestBytes,
        StallSeconds = life.StallSeconds,
        Loads = placement.Loads,
        KeptManifests = Math.Max(1, run.Keeper?.Kept.Count ?? 0),
        HistoryBytes = run.Session?.Manifest is { } last ? StoredRunStatus.Bytes(run.Keeper?.Kept ?? [], last) : 0,
        Traffic = placement.Pipeline?.Transfers.Last,
        ReplicaLanes = placement.Stages.Count > 0 ? placement.Pipeline?.Stages.Lanes ?? [] : [],
        Speeds = placement.Speeds.Measured,
        Kinds = run.Session?.Manifest is { } made ? RunKinds.With(made, placement.Kinds) : [],
        SecondsPerStep = run.History is { } history ? StepPace.Of(history.Records, run.Journal?.Entries ?? []).SecondsPerStep : null,
        Position = new EventPosition(run.History?.Records.Count ?? 0, run.Journal?.Entries.Count ?? 0),
    };
}
