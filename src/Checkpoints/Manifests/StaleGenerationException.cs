namespace LisaOrleans.Checkpoints;

/// <summary>Another process has taken the run over; this one can no longer commit anything.</summary>
public sealed class StaleGenerationException(string run, long ours, long theirs)
    : IOException($"run '{run}': generation {ours} was replaced by {theirs}; another process has taken the run over");
