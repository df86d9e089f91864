using LisaOrleans.Data;
using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Training;

/// <summary>
/// The whole algorithm in one place, on one thread: no actors, no silos, no store, no recovery. Read it first; the grains compute
/// the same, part by part and wherever the parts are, and a test checks that they agree bit for bit.
/// </summary>
public sealed class ReferenceTrainer : IDisposable
{
    private readonly TrainingSpec _spec;
    private readonly Device _device;
    private readonly EmbeddingPart _embedding;
    private readonly LayerPart[] _layers;
    private readonly HeadPart _head;
    private readonly MicroBatchBuilder _builder;
    private readonly IPairLoss? _pairLoss;
    private readonly double[]? _reference;
    private readonly BatchPlan _batches;
    private readonly LearningRateSchedule _learningRate;
    private readonly IReadOnlyList<double>? _outliers;
    private readonly Dictionary<LayerPart, (IReadOnlyList<NamedTensor> Moments, long StateStep)> _asleep = [];
    private long _period = -1;
    private long _step;

    /// <summary>Loads a model from a Hugging Face folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="data">What to train on.</param>
    /// <param name="spec">The run's settings.</param>
    /// <param name="device">Where to compute.</param>
    public ReferenceTrainer(string folder, TokenizedDataset data, TrainingSpec spec, Device device)
    {
        (_spec, _device) = (spec, device);
        using var files = ModelFolder.Open(folder);
        var config = files.Config;
        var dtypes = RunDtypes.Of(spec);
        var optimizer = Optimizers.Of(spec);
        var lora = Methods.Adapters(spec);

        // What does not train may lie in memory in another form; all layers unpack it in one place.
        var (form, scratch) = (WeightForms.Of(spec), new WeightScratch());

        // The autograd graph is cut at every layer's input and output, so that each part runs backward by itself.
        var (lanes, byStep) = (GradientLanes.Of(spec), spec.RandomKeysByStep);
        _embedding = new EmbeddingPart(config, dtypes, optimizer, Weights(config.EmbeddingSpecs()))
        {
            GradientLanes = lanes,
            RandomKeysByStep = byStep,
            NoPaddingGradient = spec.NoPaddingGradient,
        };
        _layers = [.. Enumerable.Range(0, config.NumHiddenLayers).Select(i =>
            new LayerPart(config, i, dtypes, optimizer, spec.GradientCheckpointing, LayerWeights(i), lora, form, scratch)
            {
                GradientLanes = lanes,
                RandomKeysByStep = byStep,
            })];
        _head = new HeadPart(config, dtypes, optimizer, Weights(config.HeadSpecs()), () => _embedding)
        {
            GradientLanes = lanes,
            RandomKeysByStep = byStep,
        };

        if (Methods.Of(spec).LooksAtWeights(spec)) _outliers = [.. _layers.Select(Outliers)];

        var packing = spec.Packing ? PackedBlocks.Pack(data, spec.BlockSize) : null;
        _builder = new MicroBatchBuilder(data, packing, spec.PadTokenId, spec.MaskSamples, Objectives.IsOfPairs(spec));
        _batches = BatchPlans.Create(spec, packing?.Count ?? data.Count);
        var warmup = LearningRateSchedule.WarmupSteps(spec.WarmupSteps, spec.WarmupRatio, TotalSteps);
        _learningRate = new LearningRateSchedule(spec.LrSchedulerType, spec.LearningRate, warmup, TotalSteps);

        // DPO compares answers with what the model made of them before it trained, masked ones among them.
        _pairLoss = Objectives.PairLoss(spec);
        var scored = new MicroBatchBuilder(data, packing, spec.PadTokenId, pairs: Objectives.IsOfPairs(spec));
        if (_pairLoss is { NeedsReference: true }) _reference = [.. BatchPlans.InOrder(spec, data.Count).SelectMany(b => Score(scored.Build(b)))];

        // With those of its adapters, if it has any.
        Dictionary<string, Tensor> LayerWeights(int index)
        {
            var weights = Weights(config.LayerSpecs(index));
            NamedTensor[] stored = [.. weights.Select(w => new NamedTensor(w.Key, w.Value))];
            foreach (var adapter in AdapterStart.Create(lora?.Targets(config, index) ?? [], spec.Seed, stored))
                weights.Add(adapter.Name, PartStorage.ToRest(adapter.Value, dtypes.OfAdapters, device));
            return weights;
        }

        Dictionary<string, Tensor> Weights(IReadOnlyList<ParameterSpec> specs) => specs.ToDictionary(s => s.Name, s =>
        {
            using var read = files.Read(s.Name, dtypes.Storage);
            return read.to(dtypes.AtRest, device, copy: true).DetachFromDisposeScope();
        });
    }

    /// <summary>Steps of the run.</summary>
    public long TotalSteps => _batches.TotalSteps;

    private IEnumerable<ModelPart> Parts => [_embedding, .. _layers, _head];

    /// <summary>One optimizer step, counted from 1; steps follow each other.</summary>
    /// <returns>The mean loss, in nats per label (by the labels' weights), and the global norm of the gradients.</returns>
    public (double Loss, double GradientNorm) Step(long step)
    {
        var period = Methods.PeriodOf(_spec, step);
        if (period != _period) BeginPeriod(_period = period);
        _step = step;

        // Which samples these are is a pure function of (seed, step).
        var batches = _batches.MicroBatches(step).Select(b => _builder.Build(b, _reference)).ToArray();
        var weight = MicroBatch.WeightOf(batches);
        var losses = new double[batches.Length];
        foreach (var i in GradientLanes.Order(batches.Length, GradientLanes.Of(_spec))) losses[i] = Walk(batches[i], i, step, 1.0 / weight);
        var loss = losses.Sum() / weight;

        // As torch.nn.utils.clip_grad_norm_.
        var norm = Math.Sqrt(Parts.Where(p => p.Trainable).Select(p => p.SquaredGradientNorm()).Sum());
        var clip = _spec.MaxGradNorm > 0 ? Math.Min(1, _spec.MaxGradNorm / (norm + 1e-6)) : 1;
        var rate = _learningRate.At(step);
        var ofLayers = rate * Methods.Of(_spec).LayerRate(_spec, step);
        foreach (var part in Parts) part.Apply(part is LayerPart ? ofLayers : rate, clip, step);
        return (loss, norm);
    }

    /// <summary>Ends training and returns weights and adapters as they are stored, on the CPU; the caller owns them.</summary>
    public IReadOnlyList<NamedTensor> Finish()
    {
        foreach (var part in Parts) part.Freeze(_step);
        return [.. Parts.SelectMany(p => p.CopyWeights()), .. Parts.SelectMany(p => p.CopyAdapters())];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var moment in _asleep.Values.SelectMany(a => a.Moments)) moment.Value.Dispose();
        _embedding.Dispose();
        foreach (var layer in _layers) layer.Dispose();
        _head.Dispose();
    }

    private static double Outliers(LayerPart layer)
    {
        var weights = layer.CopyWeights();
        try
        {
            return LayerOutliers.Share(weights.Select(w => w.Value));
        }
        finally
        {
            foreach (var weight in weights) weight.Value.Dispose();
        }
    }

    // LISA: for a period, a few layers are drawn and train; the others are frozen. What trains begins with fresh state.
    private void BeginPeriod(long period)
    {
        foreach (var layer in _layers) Sleep(layer);
        var plan = new RunSchedule(_spec, _embedding.Config, _outliers).Plan(period)
            ?? throw new NotSupportedException($"strategy {_spec.LisaStrategy} looks at the steps so far, which are not kept here");
        foreach (var index in plan.Layers) Wake(_layers[index]);
        if (plan.Ends == PartTraining.Frozen) return;
        _embedding.MakeTrainable();
        _head.MakeTrainable();
    }

    private void Sleep(LayerPart layer)
    {
        if (layer.Trainable && Methods.Of(_spec).Idle(_spec) == PartTraining.Asleep) _asleep[layer] = (layer.CopyMoments(), layer.StateStep);
        layer.Freeze(_step);
    }

    // With fresh state, or with that with which the layer fell asleep.
    private void Wake(LayerPart layer)
    {
        layer.MakeTrainable();
        if (!_asleep.Remove(layer, out var kept)) return;
        layer.RestoreMoments(kept.Moments.ToDictionary(m => m.Name, m => m.Value), kept.StateStep);
        foreach (var moment in kept.Moments) moment.Value.Dispose();
    }

    // Forward through all parts, and backward in the opposite order, down to the lowest part that trains.
    private double Walk(MicroBatch batch, int index, long step, double lossScale)
    {
        using var ids_BT = Ids(batch);
        using var positions = MicroBatchPositions.Create(batch.PositionIds, batch.SegmentIds, batch.BatchSize, ids_BT.device);
        var wanted = _embedding.Trainable;
        var x_BTD = _embedding.Forward(index, ids_BT, positions, train: true);
        foreach (var layer in _layers)
        {
            x_BTD = layer.Forward(index, x_BTD, positions, train: true, inputGradient: wanted, step);
            wanted |= layer.Trainable;
        }

        var result = batch.IsPairs
            ? _head.RunPairs(index, x_BTD, batch.Labels, _pairLoss, batch.ReferenceLogProbs, lossScale, train: true, inputGradient: wanted)
            : _head.Run(index, x_BTD, batch.Labels, batch.LossWeights, lossScale, train: true, inputGradient: wanted);
        var gradient_BTD = result.Gradient;
        foreach (var layer in _layers.Reverse())
        {
            if (gradient_BTD is null) break;
            using var output_BTD = gradient_BTD;
            gradient_BTD = layer.Backward(index, output_BTD, positions);
        }

        using (gradient_BTD)
        {
            if (gradient_BTD is not null) _embedding.Backward(index, gradient_BTD);
        }

        return result.LossSum;
    }

    // Log probabilities of a micro-batch's rows, without a backward pass.
    private double[] Score(MicroBatch batch)
    {
        using var ids_BT = Ids(batch);
        using var positions = MicroBatchPositions.Create(batch.PositionIds, batch.SegmentIds, batch.BatchSize, ids_BT.device);
        var x_BTD = _embedding.Forward(0, ids_BT, positions, train: false);
        foreach (var layer in _layers) x_BTD = layer.Forward(0, x_BTD, positions, train: false, inputGradient: false, step: 0);
        return _head.RunPairs(0, x_BTD, batch.Labels, null, null, lossScale: 1, train: false, inputGradient: false).LogProbs!;
    }

    private Tensor Ids(MicroBatch batch) =>
        tensor(Array.ConvertAll(batch.InputIds, v => (long)v), batch.BatchSize, batch.SequenceLength, device: _device);
}
