using LisaOrleans.Checkpoints;
using LisaOrleans.Data;
using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>What a run does at each step, all from its manifest: settings, model shape, data, schedule. No state.</summary>
public sealed class RunPlan
{
    private readonly TokenizedDataset _data;

    private RunPlan(Manifest manifest, TrainingSpec spec, string configJson, ModelConfig config, TokenizedDataset data, TokenizedDataset? evalData)
    {
        (Spec, ConfigJson, Config) = (spec, configJson, config);
        _data = data;
        var packing = spec.Packing ? PackedBlocks.Pack(data, spec.BlockSize) : null;
        Samples = data.Count;
        Builder = new MicroBatchBuilder(data, packing, spec.PadTokenId, spec.MaskSamples, Objectives.IsOfPairs(spec));
        ReferenceBuilder = new MicroBatchBuilder(data, packing, spec.PadTokenId, pairs: Objectives.IsOfPairs(spec));
        Batches = BatchPlans.Create(spec, packing?.Count ?? data.Count);
        if (evalData is not null)
        {
            EvalBuilder = new MicroBatchBuilder(evalData, null, spec.PadTokenId, pairs: Objectives.IsOfPairs(spec));
            EvalSamples = evalData.Count;
            EvalBatches = BatchPlans.InOrder(spec, evalData.Count);
        }

        var warmup = LearningRateSchedule.WarmupSteps(spec.WarmupSteps, spec.WarmupRatio, TotalSteps);
        LearningRate = new LearningRateSchedule(spec.LrSchedulerType, spec.LearningRate, warmup, TotalSteps);
        Outline = new RunOutline(manifest, spec, config.NumHiddenLayers, TotalSteps);
    }

    /// <summary>What can be said of it without its data.</summary>
    public RunOutline Outline { get; }

    public TrainingSpec Spec { get; }

    public string ConfigJson { get; }

    public ModelConfig Config { get; }

    public BatchPlan Batches { get; }

    public MicroBatchBuilder Builder { get; }

    /// <summary>
    /// Makes the micro-batches that the reference scores. It knows of no masked samples: those leave shorter batches, which round
    /// otherwise, and a run that forgets samples goes on with what was scored before it did.
    /// </summary>
    public MicroBatchBuilder ReferenceBuilder { get; }

    public int Samples { get; }

    public MicroBatchBuilder? EvalBuilder { get; }

    public int EvalSamples { get; }

    public IReadOnlyList<int[]> EvalBatches { get; } = [];

    public LearningRateSchedule LearningRate { get; }

    public long TotalSteps => Batches.TotalSteps;

    /// <summary>Samples of the training data.</summary>
    public int SampleCount => _data.Count;

    public IReadOnlyList<string> Parts => PartName.All(Config.NumHiddenLayers);

    /// <summary>Figures of the training data, as far as the data tell them.</summary>
    public DatasetFigures DataFigures => DatasetFigures.Of(_data.Statistics, Spec.BlockSize);

    /// <summary>Rows of the run's data with other settings: its samples, or blocks of them.</summary>
    public int RowsWith(TrainingSpec spec) => spec.Packing ? PackedBlocks.Pack(_data, spec.BlockSize).Count : _data.Count;

    /// <summary>Whether a manifest would give the same plan. Reading one again takes long if there is much data.</summary>
    public bool IsOf(Manifest manifest) => Outline.IsOf(manifest);

    /// <summary>Reads it.</summary>
    /// <param name="store">The store.</param>
    /// <param name="manifest">Any manifest of the run.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="InvalidDataFileException">The manifest lacks something, or its settings do not go together or with the model.</exception>
    public static async Task<RunPlan> Read(IBlobStore store, Manifest manifest, CancellationToken cancellationToken)
    {
        var spec = await RunFiles.ReadSpecAsync(store, manifest, cancellationToken);
        var (configJson, config) = await RunFiles.ReadConfigAsync(store, manifest, cancellationToken);
        RunFiles.Check(manifest, () => TrainingSpecValidator.CheckTogether(spec, config));
        if (manifest.Dataset is null) throw new InvalidDataFileException($"manifest of {manifest.Run}", "field 'Dataset' is missing");

        var data = await DatasetStorage.Read(store, manifest.Dataset, config.VocabSize, cancellationToken);
        var evalData = manifest.EvalDataset is null
            ? null
            : await DatasetStorage.Read(store, manifest.EvalDataset, config.VocabSize, cancellationToken);
        foreach (var (what, samples) in ((string, TokenizedDataset?)[])[("training", data), ("evaluation", evalData)])
        {
            if (samples?.Longest > spec.BlockSize)
                throw RunFiles.Wrong(manifest, $"block_size is {spec.BlockSize}, but the {what} data has a sample of {samples.Longest} tokens");
        }

        if (Methods.Of(spec).LooksAtWeights(spec) && LayerOutliers.Of(manifest, config.NumHiddenLayers) is null)
            throw RunFiles.Wrong(manifest, $"lisa_strategy is {spec.LisaStrategy}, but the weights were not counted when the run began");
        return new RunPlan(manifest, spec, configJson, config, data, evalData);
    }
}
