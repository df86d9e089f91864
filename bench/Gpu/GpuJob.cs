namespace LisaOrleans.Bench;

/// <summary>What a measured process trains.</summary>
/// <param name="Store">Folder of the blob store; left in place, so that a run can be resumed.</param>
/// <param name="Model">Folder of the model.</param>
/// <param name="Data">Training data.</param>
/// <param name="Spec">The run.</param>
internal sealed record GpuJob(string Store, string Model, string Data, TrainingSpec Spec);
