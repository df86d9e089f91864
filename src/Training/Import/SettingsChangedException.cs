namespace LisaOrleans.Training;

/// <summary>A run is to be resumed with settings that would change its result.</summary>
public sealed class SettingsChangedException(string run, IReadOnlyList<string> differences) : Exception(
    $"run '{run}' was begun with other settings:{string.Concat(differences.Select(d => $"\n  {d}"))}\n"
    + "Use the same settings, another run name, or --overwrite to begin anew.")
{
    /// <summary>One line for each setting: its name, what it was and what it would be.</summary>
    public IReadOnlyList<string> Differences { get; } = differences;
}
