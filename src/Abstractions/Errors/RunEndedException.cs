namespace LisaOrleans;

/// <summary>A run has come to an end that what was asked of it would undo: it stays as it is.</summary>
[GenerateSerializer, Alias("lisa.RunEndedException")]
public sealed class RunEndedException : LisaException
{
    /// <summary>Says how it ended, and what cannot be done with it.</summary>
    /// <param name="run">The run.</param>
    /// <param name="state">How it ended.</param>
    /// <param name="step">Its last step.</param>
    /// <param name="wish">What was asked: <c>resumed</c>, <c>trained</c>, <c>paused</c> or <c>cancelled</c>.</param>
    /// <param name="instead">What can be done, as a clause of its own; null (default) for what always can.</param>
    public RunEndedException(string run, RunState state, long step, string wish, string? instead = null)
        : base($"run '{run}' {Told(state, step)}, so it cannot be {wish}{Clause(instead ?? Instead(state))}") => (Run, State) = (run, state);

    /// <summary>The run's name.</summary>
    [Id(0)] public string Run { get; }

    /// <summary>How it ended.</summary>
    [Id(1)] public RunState State { get; }

    private static string Told(RunState state, long step) => state switch
    {
        RunState.Succeeded => $"is complete ({step} steps)",
        RunState.Cancelled => $"was cancelled after step {step}",
        RunState.Paused => $"was paused after step {step}",
        _ => $"has failed after step {step}",
    };

    private static string? Instead(RunState state) => state switch
    {
        RunState.Cancelled => "lisa fork makes a run that goes on from there",
        RunState.Failed or RunState.Paused => "lisa resume continues it",
        _ => null,
    };

    private static string Clause(string? text) => text is null ? "" : $"; {text}";
}
