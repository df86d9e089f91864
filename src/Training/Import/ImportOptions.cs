using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Training;

/// <summary>For whom a run is imported.</summary>
public sealed record ImportOptions
{
    /// <value>Threads of a new run whose settings do not say. Default: all cores.</value>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <value>As whom it is imported. Default this process.</value>
    public RunHolder Holder { get; init; } = RunHolder.ThisProcess;

    /// <value>Whether only GPUs are to train it. Default null: they are if this process sees one.</value>
    public bool? OnGpu { get; init; }

    /// <value>Whether GPUs are among those that are to train it. Default false.</value>
    public bool HasGpu { get; init; }

    /// <value>How fast processors that are to train it multiply, in each number format the slowest. Default null: as this one does.</value>
    public MatrixRates? Rates { get; init; }

    /// <value>Called when all input has been read and nothing has been written yet; what it throws ends the import. Default null.</value>
    public Func<CancellationToken, Task>? BeforeWriting { get; init; }

    /// <value>
    /// Called with the blob of the training data as soon as it is in the store, for a resumed run at once; maybe more than once.
    /// Whoever trains can begin to read it meanwhile. Default null.
    /// </value>
    public Action<BlobRef>? DataKnown { get; init; }

    /// <summary>Checks that those that are to train a run can.</summary>
    /// <exception cref="InvalidTrainingSettingException">They cannot: they are GPUs, and it needs processors.</exception>
    internal void CheckDevices(TrainingSpec spec)
    {
        if (!WeightForms.RunOnGpus(spec) && (OnGpu ?? cuda.is_available())) WeightForms.CheckGpus(spec);
    }

    /// <summary>The options of an import for a cluster: a new run gets what every current silo can offer.</summary>
    /// <param name="silos">Its silos that train; where there are none now, this machine stands for them.</param>
    public static ImportOptions For(IReadOnlyList<SiloDescription> silos)
    {
        var options = new ImportOptions();
        if (silos.Count == 0) return options;
        MatrixRates[] rates = [.. silos.Where(s => !s.OnGpu).Select(s => s.Rates).OfType<MatrixRates>()];
        return options with
        {
            Threads = silos.Min(s => s.Threads),
            OnGpu = silos.All(s => s.OnGpu),
            HasGpu = silos.Any(s => s.OnGpu),
            Rates = rates.Length > 0 ? new MatrixRates(rates.Min(r => r.Float32), rates.Min(r => r.BFloat16)) : null,
        };
    }

    /// <summary>Why a new run computes in float32 though its model is in bfloat16; null where it does not, or was told to.</summary>
    /// <param name="given">The settings as they were given.</param>
    /// <param name="chosen">Those of the run.</param>
    public string? ExplainCompute(TrainingSpec given, TrainingSpec chosen) =>
        given.ComputeDtype == TrainingSpec.AutoDtype ? RunDtypes.Explain(chosen, Rates) : null;

    /// <summary>
    /// The settings of a run with nothing left to be chosen, those of its adapter among them, as the import chooses: whoever checks them
    /// before asks here, too.
    /// </summary>
    /// <param name="request">What the run is made from, with the settings as they were given.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="weightsDtype">The number format of the model's weights.</param>
    /// <param name="began">The settings with which the run began, where it is in the store; null for a new run.</param>
    /// <exception cref="InvalidTrainingSettingException">A setting says something else than the adapter.</exception>
    /// <exception cref="InvalidDataFileException">The adapter's folder holds none, or one that is not supported.</exception>
    public TrainingSpec Resolve(RunRequest request, ModelConfig config, Func<string> weightsDtype, TrainingSpec? began = null) =>
        Resolve(AdapterSettings.Of(request, config), config, weightsDtype, began);

    /// <summary>The same without an adapter.</summary>
    /// <param name="spec">The settings as they were given.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="weightsDtype">The number format of the model's weights.</param>
    /// <param name="began">The settings with which the run began, where it is in the store; null for a new run.</param>
    public TrainingSpec Resolve(TrainingSpec spec, ModelConfig config, Func<string> weightsDtype, TrainingSpec? began = null) =>
        DerivedSettings.Resolve(spec, config, weightsDtype, began?.Threads ?? Threads, began, c => RunDtypes.Choose(c, OnGpu, Rates, HasGpu));
}
