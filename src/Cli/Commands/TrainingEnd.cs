namespace LisaOrleans.Cli;

/// <summary>How a run has ended in this process.</summary>
/// <param name="State">Its state; <see cref="RunState.Paused"/> also where it was to be paused with the process.</param>
/// <param name="Step">Its last step.</param>
/// <param name="Error">What went wrong, for people; null where nothing did.</param>
internal sealed record TrainingEnd(RunState State, long Step, string? Error);
