using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>An objective that a run may have.</summary>
/// <param name="Name">Its name.</param>
/// <param name="PairLoss">Its loss over pairs of answers, with a run's settings; null where it learns from single samples.</param>
/// <param name="Describe">The objective in a few words, to follow those of the method; empty for nothing.</param>
public sealed record NamedObjective(string Name, Func<TrainingSpec, IPairLoss>? PairLoss, Func<TrainingSpec, string> Describe) : INamed;
