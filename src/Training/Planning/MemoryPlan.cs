using System.Numerics;
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

            // Several low-precision gradients are summed in float32. A tied matrix has one gradient for each of its uses; that of
            // the head is always in float32 by the time the embedding's is made.
            var summed = options.GradientAccumulationSteps > options.GradientLanes && compute != 4;
            var gradient = adapters is not null ? 4 : summed ? 4 + compute : compute;
            var tied = config.TieWordEmbeddings && options.TrainEmbeddings ? embedding[0].Count : 0;
            var gradients = (trains * (gradient + WaitingLanes(options, adapters is null ? compute : 4)))
                + (tied * (4 + WaitingLanes(options, 4)));

            // A manifest has the weights of what trains as masters, beside the state; and layers that have slept since the last one.
            var masters = adapters is not null ? trains * 4 : options.Dtypes.SeparateMaster ? 0 : trains * compute;
            var slept = options.FrozenWeights is WholeForm && adapters is null
                ? layers.Select(Count).OrderDescending().Take(options.SleptLayers).Sum() * options.Dtypes.Storage.ElementSize()
                : 0;
            return new MemoryEstimate(
                all + added, trains, weights + (added * 4), gradients, state, Activations(config, options, compute),
                state + masters + slept);

            // The most over all choices of layers.
            long Trained(Func<IReadOnlyList<ParameterSpec>, long> size) =>
                layers.Select(size).OrderDescending().Take(options.ActiveLayers).Sum() + (options.TrainEmbeddings ? size(ends) : 0);

            long StateBytes(IReadOnlyList<ParameterSpec> specs, PartDtypes dtypes) =>
                specs.Sum(s => OptimizerState.BytesOf(s, dtypes, options.Optimizer));
        }
    }

    // Bytes of the sums of finished lanes that wait, for each number that trains. That of one lane alone may be a single gradient, which
    // is as it was made.
    private static long WaitingLanes(MemoryPlanOptions options, long gradient)
    {
        var lanes = Math.Min(options.GradientLanes, options.GradientAccumulationSteps);
        var ofOneLane = options.GradientAccumulationSteps > options.GradientLanes ? 4 : gradient;
        return Enumerable.Range(0, lanes).Max(done => (4L * BitOperations.PopCount((uint)done >> 1)) + ((done & 1) * ofOneLane));
    }

    private static long Activations(ModelConfig config, MemoryPlanOptions options, long bytes)
    {
        checked
        {
            var tokens = (long)options.BatchSize * options.SequenceLength;
            var frozen = new long[config.NumHiddenLayers];
            var active = new long[config.NumHiddenLayers];
            for (var i = 0; i < frozen.Length; i++)
            {
                var saved = config.SavedByLayer(i, options.SequenceLength);
                frozen[i] = tokens * saved.Bytes(active: false, (int)bytes);
                active[i] = options.Adapters is { } lora
                    ? frozen[i] + (tokens * bytes * lora.Saved(config, i))
                    : tokens * saved.Bytes(active: true, (int)bytes);
            }

            // The most over all choices of layers; a recomputed layer keeps only its input until its turn comes. While a layer goes
            // backward, gradients of what it has kept come beside that.
            var layers = options.GradientCheckpointing
                ? (tokens * bytes * config.HiddenSize * config.NumHiddenLayers) + active.Max()
                : frozen.Sum() + active.Zip(frozen, (a, f) => a - f).OrderDescending().Take(options.ActiveLayers).Sum();
            var chunk = Math.Min(tokens, Math.Max(1, HeadPart.ChunkLogits / config.VocabSize));
            return layers + active.Max() + (chunk * config.VocabSize * 4 * config.SavedByLogit());
        }
    }

    private static long Count(IReadOnlyList<ParameterSpec> specs) => specs.Sum(s => s.Count);
}
