using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>Arithmetic and bytes of a run's parts in a step, as the planner counts them.</summary>
/// <param name="Parts">The parts in the order of the walk.</param>
/// <param name="Tied">Whether the head lies with the embedding.</param>
/// <param name="MicroBatches">Micro-batches of a step.</param>
/// <param name="Lanes">Lanes of a step.</param>
/// <param name="Tokens">Tokens of a micro-batch.</param>
/// <param name="ActivationBytes">What a micro-batch sends from a stage to the next; its gradient is as large.</param>
public sealed record StepCosts(IReadOnlyList<PartCost> Parts, bool Tied, int MicroBatches, int Lanes, long Tokens, double ActivationBytes)
{
    private readonly Dictionary<string, PartCost> _byName = Parts.ToDictionary(p => p.Name);

    /// <value>The parts in the order of the walk.</value>
    public IReadOnlyList<PartCost> Parts
    {
        get;
        init => (field, _byName) = (value, value.ToDictionary(p => p.Name));
    } = Parts;

    /// <summary>A part by its name.</summary>
    public PartCost this[string part] => _byName[part];

    /// <summary>Bytes of a part's sums that a replica sends its owner in a step.</summary>
    /// <param name="part">The part.</param>
    /// <param name="firstLane">The replica's first lane.</param>
    /// <param name="lanes">How many it has.</param>
    public double SumsBytes(PartCost part, int firstLane, int lanes) =>
        SumsOf(firstLane, lanes).Sum(sum => part.SumOf(TokensOf(sum.First, sum.Lanes)));

    /// <summary>Bytes of a part's new weights that its owner sends a replica after a step.</summary>
    /// <param name="part">The part.</param>
    /// <param name="firstLane">The replica's first lane.</param>
    /// <param name="lanes">How many it has.</param>
    public double WeightsBytes(PartCost part, int firstLane, int lanes) => part.WeightsFor(TokensOf(firstLane, lanes));

    /// <summary>The sums that a replica sends of each gradient: the tree over lanes lets it add up only lanes that are neighbours in it.</summary>
    internal static IEnumerable<(int First, int Lanes)> SumsOf(int firstLane, int lanes)
    {
        for (var (lane, end) = (firstLane, firstLane + lanes); lane < end;)
        {
            var size = 1;
            while (lane % (2 * size) == 0 && lane + (2 * size) <= end) size *= 2;
            yield return (lane, size);
            lane += size;
        }
    }

    // In a step.
    private long TokensOf(int firstLane, int lanes) =>
        Tokens * Enumerable.Range(firstLane, lanes).Sum(lane => (MicroBatches - lane + Lanes - 1) / Lanes);

    /// <summary>Costs of a run. Of the layers that train at one time it takes a choice that is spread evenly over the model.</summary>
    public static StepCosts Of(ModelConfig config, TrainingSpec spec)
    {
        var (work, method, layers) = (PartWork.Of(config, spec), Methods.Of(spec), config.NumHiddenLayers);
        var (dtypes, optimizer) = (RunDtypes.Of(spec), Optimizers.Of(spec));
        var (adapters, active) = (method.Adapters(spec), method.MostLayers(spec, layers));
        var chosen = Enumerable.Range(0, active).Select(i => (int)((i + 0.5) * layers / active)).ToHashSet();
        var endsTrain = method.Ends(spec) != PartTraining.Frozen;
        var again = spec.GradientCheckpointing ? 1 : 0;
        var (embedding, head) = (config.EmbeddingSpecs(), config.HeadSpecs());
        double matrix = (double)config.VocabSize * config.HiddenSize;

        // A tied matrix has sums of its own for each of its two uses.
        var first = Whole(PartName.Embedding, embedding, endsTrain, 0, work.EmbeddingCost / layers);
        if (config.TieWordEmbeddings) first = first with { SumBytes = 2 * first.SumBytes };
        if (endsTrain) first = first with { Table = TableOf(embedding[0]) };
        var tokens = (long)spec.PerDeviceTrainBatchSize * Objectives.SequencesOf(spec) * spec.BlockSize;
        return new StepCosts(
            [
                first,
                .. Enumerable.Range(0, layers).Select(Layer),
                Whole(PartName.Head, head, endsTrain, matrix, (work.HeadCost / layers) - matrix),
            ],
            config.TieWordEmbeddings,
            spec.GradientAccumulationSteps,
            Math.Min(GradientLanes.Of(spec), spec.GradientAccumulationSteps),
            tokens,
            (double)tokens * config.HiddenSize * dtypes.Compute.ElementSize());

        // A matrix that the head uses, too, is sent whole.
        TokenTable TableOf(ParameterSpec table)
        {
            var width = table.Count / table.Shape[0];
            return new TokenTable(
                (int)table.Shape[0], width * sizeof(float), config.TieWordEmbeddings ? 0 : width * dtypes.Compute.ElementSize());
        }

        PartCost Layer(int index)
        {
            double forward = config.WeightsPerToken(index);
            var backward = (work.LayerCosts[index] / layers) - forward + (again * forward);
            var (name, specs) = (PartName.Layer(index), config.LayerSpecs(index));
            if (adapters is null) return Whole(name, specs, chosen.Contains(index), forward, backward);
            var own = adapters.Specs(config, index);
            var frozen = Whole(name, specs, trains: false, forward, backward);
            var trained = (double)own.Sum(s => s.Count) * sizeof(float);
            return frozen with
            {
                HasAdapter = true,
                SumBytes = trained,
                TrainedBytes = trained,
                StateBytes = trained + own.Sum(s => OptimizerState.BytesOf(s, dtypes.OfAdapters, optimizer)),
            };
        }

        PartCost Whole(string name, IReadOnlyList<ParameterSpec> specs, bool trains, double forward, double backward)
        {
            var numbers = (double)specs.Sum(s => s.Count);
            var weights = numbers * dtypes.Compute.ElementSize();
            var masters = dtypes.SeparateMaster ? 0 : weights;
            return new PartCost(
                name, forward, backward, trains ? numbers * sizeof(float) : 0, trains ? weights : 0, numbers * dtypes.Storage.ElementSize(),
                trains ? masters + specs.Sum(s => OptimizerState.BytesOf(s, dtypes, optimizer)) : 0);
        }
    }
}
