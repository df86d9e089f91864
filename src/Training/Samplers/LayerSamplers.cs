namespace LisaOrleans.Training;

/// <summary>The ways to choose layers: the values of <see cref="TrainingSpec.LisaStrategy"/>.</summary>
public static class LayerSamplers
{
    /// <summary>All of them.</summary>
    public static NamedList<ILayerSampler> All { get; } = new(
        "layer sampler",
        new UniformSampler(),
        new RoundRobinSampler(),
        new ReshuffledSampler(),
        new WeightedSampler(),
        new GradientNormSampler(),
        new OutlierSampler(),
        new FixedSampler());
}
