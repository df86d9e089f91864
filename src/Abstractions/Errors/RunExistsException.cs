namespace LisaOrleans;

/// <summary>A run of this name exists, with settings, a model or data that would give another result.</summary>
[GenerateSerializer, Alias("lisa.RunExistsException")]
public sealed class RunExistsException : LisaException
{
    /// <summary>Says what differs.</summary>
    /// <param name="run">The run.</param>
    /// <param name="differences">One line for each difference.</param>
    /// <param name="onlyDataDiffer">
    /// Whether model and settings are the same: another build may have read the same files otherwise. Default false.
    /// </param>
    public RunExistsException(string run, IReadOnlyList<string> differences, bool onlyDataDiffer = false)
        : base($"run '{run}' exists and was begun otherwise: {string.Join("; ", differences)}; use the same settings, another name, or "
            + $"overwrite it{(onlyDataDiffer ? $"; {AdviceFor(run)}" : "")}") =>
        (Run, Differences, OnlyDataDiffer) = (run, differences, onlyDataDiffer);

    /// <summary>The run's name.</summary>
    [Id(0)] public string Run { get; }

    /// <summary>One line for each difference: the setting's name, what it was and what it would be.</summary>
    [Id(1)] public IReadOnlyList<string> Differences { get; }

    /// <summary>Whether model and settings are the same.</summary>
    [Id(2)] public bool OnlyDataDiffer { get; }

    /// <summary>How the run goes on where the files are the same, and only their reading is not; null where something else differs.</summary>
    public string? Advice => OnlyDataDiffer ? AdviceFor(Run) : null;

    /// <summary>How a run goes on with what is stored where this build reads the same files otherwise, or not at all.</summary>
    /// <param name="run">The run.</param>
    public static string AdviceFor(string run) =>
        "where the files are the same, this build may read them otherwise than the one that began the run: "
            + $"lisa train --resume {run} (with its --output and --store, without --model and --data), or in a cluster lisa resume {run}, "
            + "goes on with what is stored";
}
