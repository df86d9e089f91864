using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>What is told of a run's plan. Unlike the plan, which has all tokens of the run's data, it takes no memory to speak of.</summary>
public sealed class RunOutline
{
    private readonly (BlobRef Spec, BlobRef? Config, BlobRef? Data, BlobRef? EvalData) _source;

    internal RunOutline(Manifest manifest, TrainingSpec spec, int layerCount, long totalSteps) =>
        (_source, Spec, LayerCount, TotalSteps) = (Source(manifest), spec, layerCount, totalSteps);

    public TrainingSpec Spec { get; }

    public int LayerCount { get; }

    public long TotalSteps { get; }

    /// <summary>Whether a manifest would give the same plan.</summary>
    public bool IsOf(Manifest manifest) => Source(manifest) == _source;

    private static (BlobRef Spec, BlobRef? Config, BlobRef? Data, BlobRef? EvalData) Source(Manifest manifest) =>
        (manifest.Spec, manifest.Files.GetValueOrDefault(ModelFolder.ConfigFile), manifest.Dataset, manifest.EvalDataset);
}
