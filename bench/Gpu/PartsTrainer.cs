using LisaOrleans.Data;
using LisaOrleans.Model;
using LisaOrleans.Training;
using static TorchSharp.torch;

namespace LisaOrleans.Bench;

/// <summary>
/// The parts of a model in an ordinary loop on one thread: the same arithmetic as the grains do, without grains, silo, store
/// or journal. What the grain run takes longer is what those cost.
/// </summary>
internal sealed class PartsTrainer : IDisposable
{
    private readonly TrainingSpec _spec;
    private readonly Device _device;
    private readonly EmbeddingPart _embedding;
    private readonly LayerPart[] _layers;
    private readonly HeadPart _head;
    private readonly MicroBatchBuilder _builder;
    private readonly BatchPlan _batches;
    private readonly LearningRateSchedule _learningRate;

    public PartsTrainer(string folder, TokenizedDataset data, TrainingSpec spec, Device device)
    {
        (_spec, _device) = (spec, device);
        using var files = ModelFolder.Open(folder);
        var config = files.Config;
        var dtypes = PartDtypes.Parse(spec.Dtype, spec.OptimizerStateDtype);
        var options = new AdamWOptions(spec.AdamBeta1, spec.AdamBeta2, spec.AdamEpsilon, spec.WeightDecay);
        _embedding = new EmbeddingPart(config, dtypes, options, Weights(config.EmbeddingSpecs()));
        _layers = [.. Enumerable.Range(0, config.NumHiddenLayers).Select(i =>
            new LayerPart(config, i, dtypes, options, spec.GradientCheckpointing, Weights(config.LayerSpecs(i))))];
        _head = new HeadPart(config, dtypes, options, Weights(config.HeadSpecs()), () => _embedding);
        _builder = new MicroBatchBuilder(data, null, spec.PadTokenId);
        _batches = new BatchPlan(
            data.Count, spec.PerDeviceTrainBatchSize, spec.GradientAccumulationSteps, spec.Seed, spec.MaxSteps, spec.NumTrainEpochs);
        _learningRate = new LearningRateSchedule(spec.LrSchedulerType, spec.LearningRate, 0, _batches.TotalSteps);

        Dictionary<string, Tensor> Weights(IReadOnlyList<ParameterSpec> specs) => specs.ToDictionary(s => s.Name, s =>
        {
            using var read = files.Read(s.Name, dtypes.Storage);
            return read.to(dtypes.Compute, device, copy: true).DetachFromDisposeScope();
        });
    }

    private IEnumerable<ModelPart> Parts => [_embedding, .. _layers, _head];

    /// <summary>One optimizer step (from 1); returns the mean loss.</summary>
    public double Step(long step)
    {
        if ((step - 1) % _spec.LisaIntervalSteps == 0) BeginPeriod(LayerSampling.PeriodOf(_spec, step));
        var batches = _batches.MicroBatches(step).Select(b => _builder.Build(b)).ToArray();
        var labels = batches.Sum(b => b.LabelCount);
        var loss = batches.Select((b, i) => Walk(b, i, 1.0 / labels)).Sum() / labels;
        var norm = Math.Sqrt(Parts.Where(p => p.Trainable).Select(p => p.SquaredGradientNorm()).Sum());
        var clip = _spec.MaxGradNorm > 0 ? Math.Min(1, _spec.MaxGradNorm / (norm + 1e-6)) : 1;
        foreach (var part in Parts) part.Apply(_learningRate.At(step), clip);
        return loss;
    }

    public void Dispose()
    {
        _embedding.Dispose();
        foreach (var layer in _layers) layer.Dispose();
        _head.Dispose();
    }

    private void BeginPeriod(long period)
    {
        var active = LayerSampling.ActiveLayers(_spec, _layers.Length, period);
        for (var i = 0; i < _layers.Length; i++)
            if (!active.Contains(i)) _layers[i].Freeze();
        foreach (var i in active)
        {
            // A period always begins with fresh optimizer state.
            _layers[i].Freeze();
            _layers[i].MakeTrainable();
        }

        _embedding.MakeTrainable();
        _head.MakeTrainable();
    }

    private double Walk(MicroBatch batch, int index, double lossScale)
    {
        using var ids_BT = tensor(
            Array.ConvertAll(batch.InputIds, i => (long)i), batch.BatchSize, batch.SequenceLength, device: _device);
        var x_BTD = _embedding.Forward(index, ids_BT, null, train: true);
        foreach (var layer in _layers) x_BTD = layer.Forward(index, x_BTD, null, train: true, inputGradient: true);
        var result = _head.Run(x_BTD, batch.Labels, lossScale, train: true, inputGradient: true);
        var gradient_BTD = result.Gradient!;
        foreach (var layer in _layers.Reverse())
        {
            using var output_BTD = gradient_BTD;
            gradient_BTD = layer.Backward(index, output_BTD, null)!;
        }

        using (gradient_BTD) _embedding.Backward(index, gradient_BTD);
        return result.LossSum;
    }
}
