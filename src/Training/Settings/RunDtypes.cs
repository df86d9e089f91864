using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Training;

/// <summary>The number formats of runs, and the choice behind <see cref="TrainingSpec.ComputeDtype"/> auto.</summary>
public static class RunDtypes
{
    private const string Float32 = "float32";

    /// <summary>The number format that may be computed in another one.</summary>
    internal const string BFloat16 = "bfloat16";

    private const int LeastWidth = 512;

    // Activations of twice the size, and weights to be widened, cost time and memory.
    private const double WorthIt = 1.25;

    // Products of narrow models are so short that the rate of large ones says little about them, unless libtorch has no fast ones at all.
    private const double WorthItWhereNarrow = 10;

    private static readonly TimeSpan s_time = TimeSpan.FromSeconds(0.2);
    private static readonly Lazy<double> s_gain = new(Measure);

    /// <summary>Those of a run.</summary>
    public static PartDtypes Of(TrainingSpec spec) => PartDtypes.Parse(spec.Dtype, spec.OptimizerStateDtype, spec.ComputeDtype);

    /// <summary>In words, to follow those of the method, where a run computes in other numbers than its model is in; else empty.</summary>
    public static string Describe(TrainingSpec spec) => spec is { Dtype: BFloat16, ComputeDtype: Float32 } ? "; computes in float32" : "";

    /// <summary>
    /// What a new run of a bfloat16 model computes in: bfloat16 on GPUs, else float32 where this processor multiplies matrices much faster
    /// in it. Measured once in a process.
    /// </summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="onGpu">Whether it trains on GPUs; null if that is wherever this process would train.</param>
    public static string Choose(ModelConfig config, bool? onGpu) =>
        onGpu ?? cuda.is_available() ? BFloat16 : Choose(config, s_gain.Value);

    /// <summary>The same for a processor.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="gain">How many times as fast it multiplies large matrices in float32 as in bfloat16.</param>
    internal static string Choose(ModelConfig config, double gain) =>
        gain > (config.HiddenSize < LeastWidth ? WorthItWhereNarrow : WorthIt) ? Float32 : BFloat16;

    /// <summary>
    /// The number formats of a model that only answers and is scored, on this processor. Where it computes in float32, its weights are
    /// widened once if all of them fit into half of the memory, else a layer at a time, with the same results.
    /// </summary>
    /// <param name="dtype">What its weights are stored in: float32, bfloat16 or float16.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="trained">What the run that made it computed in; <see cref="TrainingSpec.AutoDtype"/> where nothing says so.</param>
    public static PartDtypes OfAnswers(string dtype, ModelConfig config, string trained = TrainingSpec.AutoDtype)
    {
        var compute = dtype == BFloat16 && trained != Float32 ? Choose(config, onGpu: false) : trained;
        var dtypes = PartDtypes.Parse(dtype, Float32, compute);
        var fits = FormMemory.OfAnswering(config, dtypes.Widened) <= GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;
        return fits ? dtypes.Widened : dtypes;
    }

    /// <summary>What is wrong with the settings of numbers; null if they are right.</summary>
    public static SettingProblem? Check(TrainingSpec spec) => spec switch
    {
        { ComputeDtype: BFloat16, Dtype: not BFloat16 } => new SettingProblem(
            nameof(TrainingSpec.ComputeDtype), $"is bfloat16, but weights of {{dtype}} {spec.Dtype} are computed in float32; choose float32 or auto"),
        { StochasticRounding: true, Dtype: not BFloat16, OptimizerStateDtype: Float32 } => new SettingProblem(
            nameof(TrainingSpec.StochasticRounding),
            $"is for bfloat16 numbers, and with {{dtype}} {spec.Dtype} and {{optimizer_state_dtype}} float32 there are none; leave it out"),
        _ => null,
    };

    private static double Measure()
    {
        var rates = MatrixRate.Measure(CPU, s_time, ScalarType.Float32, ScalarType.BFloat16);
        return rates[0] / rates[1];
    }
}
