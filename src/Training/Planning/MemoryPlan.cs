using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>Predicts the memory of a run from its shape, before anything is loaded.</summary>
public static class MemoryPlan
{
    /// <summary>Bytes by kind for one process that holds the whole model.</summary>
    /// <exception cref="OverflowException">A number does not fit 64 bits.</exception>
    public static MemoryEstimate Estimate(ModelConfig config, MemoryPlanOptions options)
    {
        // Sizes come from a file, and their products may overflow 64 bits.
        checked
        {
            var embedding = config.EmbeddingSpecs();
            ParameterSpec[] ends = [.. embedding, .. config.HeadSpecs()];
            var layers = Enumerable.Range(0, config.NumHiddenLayers).Select(config.LayerSpecs).ToArray();
            var adapters = options.Adapters is { } lora
                ? Enumerable.Range(0, config.NumHiddenLayers).Select(i => lora.Specs(config, i)).ToArray()
                : null;
            var added = adapters?.Sum(Count) ?? 0;
            var all = Count(ends) + layers.Sum(Count);
            var trains = adapters is null ? Trained(Count) : added;
            var weights = FormMemory.OfModel(config, options);
            var state = adapters?.Sum(a => StateBytes(a, options.Dtypes.OfAdapters)) ?? Trained(s => StateBytes(s, options.Dtypes));

            var compute = options.Dtypes.Compute.ElementSize();
            var (gradients, activations) = new BackwardPass(config, options).Peak();

            // A manifest has the weights of what trains as masters, beside the state; and layers that have slept since the last one.
            var masters = adapters is not null ? trains * 4 : options.Dtypes.SeparateMaster ? 0 : trains * compute;
            var slept = options.FrozenWeights is WholeForm && adapters is null
                ? layers.Select(Count).OrderDescending().Take(options.SleptLayers).Sum() * options.Dtypes.Storage.ElementSize()
                : 0;

            // A GPU's are copied to the process's memory when a layer falls asleep.
            var parked = options is { ParksMoments: true, OnGpu: false }
                ? layers.Select(l => MomentBytes(l, options)).OrderDescending().Take(options.ActiveLayers).Sum()
                : 0;
            return new MemoryEstimate(
                all + added, trains, weights + (added * 4), gradients, state + parked, activations, state + masters + slept);

            // The most over all choices of layers.
            long Trained(Func<IReadOnlyList<ParameterSpec>, long> size) =>
                layers.Select(size).OrderDescending().Take(options.ActiveLayers).Sum() + (options.TrainEmbeddings ? size(ends) : 0);

            long StateBytes(IReadOnlyList<ParameterSpec> specs, PartDtypes dtypes) =>
                specs.Sum(s => OptimizerState.BytesOf(s, dtypes, options.Optimizer));
        }
    }

    /// <summary>Bytes of a layer's moments.</summary>
    internal static long MomentBytes(IReadOnlyList<ParameterSpec> layer, MemoryPlanOptions options) =>
        checked(layer.Sum(s => OptimizerState.MomentBytesOf(s, options.Dtypes, options.Optimizer)));

    private static long Count(IReadOnlyList<ParameterSpec> specs) => specs.Sum(s => s.Count);
}
