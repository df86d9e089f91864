namespace LisaOrleans;

/// <summary>A run of this name exists, with settings, a model or data that would give another result.</summary>
[GenerateSerializer, Alias("lisa.RunExistsException")]
public sealed class RunExistsException : LisaException
{
    /// <summary>Says what differs.</summary>
    /// <param name="run">The run.</param>
    /// <param name="differences">One line for each difference.</param>
    public RunExistsException(string run, IReadOnlyList<string> differences)
        : base($"run '{run}' exists and was begun otherwise: {string.Join("; ", differences)}; use the same settings, another name, or "
            + $"overwrite it") =>
        (Run, Differences) = (run, differences);

    /// <summary>The run's name.</summary>
    [Id(0)] public string Run { get; }

    /// <summary>One line for each difference: the setting's name, what it was and what it would be.</summary>
    [Id(1)] public IReadOnlyList<string> Differences { get; }
}
