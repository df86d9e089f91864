using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>A run that wants silos.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Spec">Its settings.</param>
/// <param name="Config">Its model.</param>
/// <param name="Since">Since when it waits.</param>
/// <param name="Trains">Whether it was training when it was last heard of.</param>
/// <param name="Holds">Silos that it trains on, or did last.</param>
public sealed record QueuedRun(
    string Name, TrainingSpec Spec, ModelConfig Config, DateTimeOffset Since, bool Trains, IReadOnlyList<string> Holds);
