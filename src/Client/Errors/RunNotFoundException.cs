namespace LisaOrleans.Client;

/// <summary>The cluster's store has no run of this name.</summary>
/// <param name="run">The name.</param>
public sealed class RunNotFoundException(string run) : LisaException($"the cluster's store has no run '{run}'")
{
    /// <summary>The name that was asked for.</summary>
    public string Run { get; } = run;
}
