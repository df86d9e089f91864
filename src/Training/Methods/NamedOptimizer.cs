using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>An optimizer that a method may name.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Create">Makes it with a run's settings.</param>
public sealed record NamedOptimizer(string Name, Func<TrainingSpec, IPartOptimizer> Create) : INamed;
