using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Training;

/// <summary>Predicts the memory of a run from its shape, before anything is loaded.</summary>
public static class MemoryPlan
{
    /// <summary>Bytes by kind for one process that holds the whole model.</summary>
    /// <exception cref="OverflowException">A number does not fit 64 bits.</exception>
    public static MemoryEstimate Estimate(ModelConfig config, MemoryPlanOptions options)
    {
        // Sizes come from a file, and their products may pass 64 bits.
        checked
        {
            var embedding = Count(PartSchema.Embedding(config));
            var layer = Count(PartSchema.Layer(config, 0));
            var head = Count(PartSchema.Head(config));
            var all = embedding + (layer * config.NumHiddenLayers) + head;
            var trains = (layer * options.ActiveLayers) + (options.TrainEmbeddings ? embedding + head : 0);

            var compute = Size(options.Dtypes.Compute);
            var state = (2 * Size(options.Dtypes.OptimizerState)) + (options.Dtypes.SeparateMaster ? 4 : 0);

            // Several low-precision gradients are summed in float32. A tied matrix has one gradient for each of its uses; that of
            // the head is always in float32 by the time the embedding's is made.
            var gradient = options.GradientAccumulationSteps > 1 ? compute == 4 ? 4 : 4 + compute : compute;
            var tied = config.TieWordEmbeddings && options.TrainEmbeddings ? embedding : 0;
            return new MemoryEstimate(
                all, trains, all * compute, (trains * gradient) + (tied * 4), trains * state, Activations(config, options, compute));
        }
    }

    private static long Activations(ModelConfig config, MemoryPlanOptions options, long bytes)
    {
        checked
        {
            var tokens = (long)options.BatchSize * options.SequenceLength;
            long width = config.HiddenSize, feedForward = config.IntermediateSize;
            long queries = (long)config.NumAttentionHeads * config.HeadDim, keys = (long)config.NumKeyValueHeads * config.HeadDim;

            // Saved for the backward pass of any layer: residual stream twice, norms in float32 (input and normalised), rotated
            // queries, keys and values as attention sees them, attention output, gate before and after the activation, up.
            var frozen = (tokens * bytes * ((2 * width) + (4 * queries) + (3 * feedForward))) + (tokens * 4 * 4 * width);

            // An active layer also saves the inputs of its matrices: both norms' outputs and the product before the last one.
            var active = frozen + (tokens * bytes * ((2 * width) + queries + feedForward + keys));

            var layers = options.GradientCheckpointing
                ? (tokens * bytes * width * config.NumHiddenLayers) + active
                : (active * options.ActiveLayers) + (frozen * (config.NumHiddenLayers - options.ActiveLayers));
            var chunk = Math.Min(tokens, Math.Max(1, HeadPart.ChunkLogits / config.VocabSize));
            return layers + (chunk * config.VocabSize * (bytes + (3 * 4)));
        }
    }

    private static long Count(IReadOnlyList<ParameterSpec> specs) => specs.Sum(s => s.Count);

    private static long Size(ScalarType dtype) => dtype == ScalarType.Float32 ? 4 : 2;
}
