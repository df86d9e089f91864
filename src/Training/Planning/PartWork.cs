using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>Arithmetic and memory of parts, in units that only need to be right relative to each other.</summary>
/// <param name="EmbeddingCost">Multiply-adds per token, forward and backward.</param>
/// <param name="LayerCosts">The same for each decoder layer, on average over the run.</param>
/// <param name="HeadCost">The same for the head.</param>
/// <param name="EmbeddingBytes">Weights and, if it trains, gradients and optimizer state.</param>
/// <param name="LayerBytes">Weights of each decoder layer while it does not train, in the run's form.</param>
/// <param name="TrainingBytes">What each decoder layer takes in addition while it trains: gradients, optimizer state, and exact weights.</param>
/// <param name="ActiveLayers">The most decoder layers that train at one time; any of them may.</param>
/// <param name="HeadBytes">The head's, counted like the embedding's; the matrix of a tied head is the embedding's.</param>
/// <param name="ScratchBytes">Room to unpack frozen layers, wherever there are any.</param>
public sealed record PartWork(
    double EmbeddingCost, IReadOnlyList<double> LayerCosts, double HeadCost,
    double EmbeddingBytes, IReadOnlyList<double> LayerBytes, IReadOnlyList<double> TrainingBytes, int ActiveLayers, double HeadBytes,
    double ScratchBytes = 0)
{
    private static readonly LastResult<(ModelConfig Config, TrainingSpec Spec, int Arriving), PartWork> s_last = new(
        a => Count(a.Config, a.Spec, a.Arriving),
        (a, b) => ReferenceEquals(a.Config, b.Config) && ReferenceEquals(a.Spec, b.Spec) && a.Arriving == b.Arriving);

    /// <summary>The work of a run.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="spec">The run's settings.</param>
    /// <param name="arriving">Sums of each gradient that may come from other replicas while a part's own are being made. Default 0.</param>
    public static PartWork Of(ModelConfig config, TrainingSpec spec, int arriving = 0) => s_last.Of((config, spec, arriving));

    private static PartWork Count(ModelConfig config, TrainingSpec spec, int arriving)
    {
        var dtypes = RunDtypes.Of(spec);
        var met = Enumerable.Range(0, config.NumHiddenLayers).Select(i => (double)config.WeightsPerToken(i));
        var matrix = new ParameterSpec("head", [config.VocabSize, config.HiddenSize], Decay: true, PerToken: true);
        var optimizer = Optimizers.Of(spec);
        var form = WeightForms.Of(spec);
        double layers = config.NumHiddenLayers;
        var method = Methods.Of(spec);
        var active = method.MostLayers(spec, config.NumHiddenLayers);
        var specs = Enumerable.Range(0, config.NumHiddenLayers).Select(config.LayerSpecs).ToArray();
        var adapters = method.Adapters(spec) is { } lora
            ? Enumerable.Range(0, config.NumHiddenLayers).Select(i => lora.Specs(config, i)).ToArray()
            : null;

        long arrives = sizeof(float) * arriving;
        var gradient = GradientOf(adapters is null ? dtypes.Compute.ElementSize() : sizeof(float));

        // Forward and input gradient and, for what trains, the weights' gradient. All of it times the number of layers, so that
        // the sums are whole numbers and equally good plans compare as equal.
        var ends = method.Ends(spec) == PartTraining.Frozen ? 0 : 1;
        return new PartWork(
            ends * config.HiddenSize * layers,
            [.. met.Select((count, i) => adapters is null
                ? count * ((2 * layers) + active)
                : ((2 * count) + (3 * adapters[i].Sum(s => s.Count))) * layers)],
            (double)matrix.Count * (2 + ends) * layers,
            ends == 0 ? FormMemory.FrozenEmbedding(config, form, dtypes) : TrainedEmbedding() + OfOtherUse(),
            [.. specs.Select((s, i) => Frozen(s) + (4.0 * (adapters?[i].Sum(a => a.Count) ?? 0)))],
            [.. adapters?.Select(a => a.Sum(s => ((double)gradient * s.Count) + OptimizerState.BytesOf(s, dtypes.OfAdapters, optimizer)))
                ?? specs.Select(s => Weights(s) - Frozen(s) + Training(s))],
            active,
            ends == 0 ? FormMemory.FrozenHead(config.HeadSpecs(), form, dtypes) : Trained(config.HeadSpecs()),
            active < specs.Length || adapters is not null ? specs.Max(s => FormMemory.Scratch(s, form, dtypes)) : 0);

        long GradientOf(long size, bool isTable = false) =>
            arrives + GradientBytes.Of(spec.GradientAccumulationSteps, GradientLanes.Of(spec), size, isTable).Total;

        double Weights(IReadOnlyList<ParameterSpec> part) => FormMemory.Whole(part, dtypes);

        double Frozen(IReadOnlyList<ParameterSpec> layer) => FormMemory.Frozen(layer, form, dtypes);

        double Trained(IReadOnlyList<ParameterSpec> part) => Weights(part) + Training(part);

        // Gradients, with sums of other lanes that wait meanwhile, and state.
        double Training(IReadOnlyList<ParameterSpec> part) => part.Sum(s => (double)gradient * s.Count) + State(part);

        double State(IReadOnlyList<ParameterSpec> part) => part.Sum(s => (double)OptimizerState.BytesOf(s, dtypes, optimizer));

        double TrainedEmbedding()
        {
            var tokens = checked(
                (long)spec.PerDeviceTrainBatchSize * Objectives.SequencesOf(spec) * spec.BlockSize * spec.GradientAccumulationSteps);
            return Weights(config.EmbeddingSpecs()) + State(config.EmbeddingSpecs())
                + ((double)GradientOf(dtypes.Compute.ElementSize(), isTable: true) * BackwardPass.EmbeddingNumbers(config, tokens));
        }

        // The head's gradients of a tied matrix are summed apart, in float32.
        double OfOtherUse() => config.TieWordEmbeddings
            ? config.EmbeddingSpecs()[0].Count * (double)GradientOf(sizeof(float))
            : 0;
    }

    /// <summary>Bytes of the whole model in one place.</summary>
    public double TotalBytes => EmbeddingBytes + LayersUpTo(LayerBytes.Count)[0] + HeadBytes;

    /// <summary>
    /// [n]: bytes of the decoder layers from n up to but not including the end, in one place, when the largest of them train.
    /// </summary>
    /// <param name="end">From 1 to the number of layers.</param>
    public double[] LayersUpTo(int end) =>
        [.. MostFrom(LayerBytes, TrainingBytes, ActiveLayers, end).Select(bytes => bytes + ScratchBytes)];

    /// <summary>[n]: the sum over decoder layers from n up to an end, when those train for which most is added.</summary>
    /// <param name="each">Of each layer.</param>
    /// <param name="training">What is added where it trains.</param>
    /// <param name="active">The most that train at one time.</param>
    /// <param name="end">From 1 to the number of layers.</param>
    internal static double[] MostFrom(IReadOnlyList<double> each, IReadOnlyList<double> training, int active, int end)
    {
        var sums = new double[end];
        var (all, added) = (0.0, 0.0);
        var largest = new PriorityQueue<double, double>();
        for (var layer = end - 1; layer >= 0; layer--)
        {
            // A layer takes the place of the smallest of those that train only if it is larger: layers are mostly equal.
            var own = training[layer];
            if (largest.Count < active)
            {
                largest.Enqueue(own, own);
                added += own;
            }
            else if (active > 0 && own > largest.Peek())
            {
                added += own - largest.DequeueEnqueue(own, own);
            }

            all += each[layer];
            sums[layer] = all + added;
        }

        return sums;
    }
}
