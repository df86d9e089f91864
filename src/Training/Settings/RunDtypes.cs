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

    // Some thirty products; every silo waits for it when it starts.
    private static readonly TimeSpan s_time = TimeSpan.FromMilliseconds(60);
    private static readonly Lazy<MatrixRates> s_rates = new(Measure);

    /// <summary>How fast this processor multiplies matrices, measured for about an eighth of a second, once in a process.</summary>
    public static MatrixRates OwnRates => s_rates.Value;

    /// <summary>Those of a run.</summary>
    public static PartDtypes Of(TrainingSpec spec) => PartDtypes.Parse(spec.Dtype, spec.OptimizerStateDtype, spec.ComputeDtype);

    /// <summary>In words, to follow those of the method, where a run computes in other numbers than its model is in; else empty.</summary>
    public static string Describe(TrainingSpec spec) => spec is { Dtype: BFloat16, ComputeDtype: Float32 } ? "; computes in float32" : "";

    /// <summary>
    /// What a new run of a bfloat16 model computes in: bfloat16 on GPUs, else float32 where processors multiply matrices much faster in it.
    /// Beside GPUs, which lose far more by float32 than a processor gains, only where a processor has no fast bfloat16 at all.
    /// </summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="onGpu">Whether it trains on GPUs only; null if that is wherever this process would train.</param>
    /// <param name="rates">How fast the processors multiply; null (default) for that of this process, which is then measured.</param>
    /// <param name="besideGpus">Whether GPUs train it, too. Default false.</param>
    public static string Choose(ModelConfig config, bool? onGpu, MatrixRates? rates = null, bool besideGpus = false) =>
        (onGpu ?? cuda.is_available()) || (besideGpus && Gain(rates ?? OwnRates) <= WorthItWhereNarrow)
            ? BFloat16
            : Choose(config, Gain(rates ?? OwnRates));

    /// <summary>What a new run of a bfloat16 model that is not narrow computes in on a processor.</summary>
    /// <param name="rates">How fast the processor multiplies.</param>
    public static string Choose(MatrixRates rates) => Gain(rates) > WorthIt ? Float32 : BFloat16;

    /// <summary>Why a run computes in float32 though its model is in bfloat16, for people; null where it does not.</summary>
    /// <param name="spec">Its settings.</param>
    /// <param name="silos">What was chosen by; null for this processor's.</param>
    internal static string? Explain(TrainingSpec spec, MatrixRates? silos)
    {
        if (Describe(spec).Length == 0) return null;
        var (rates, who) = silos is null ? (OwnRates, "this machine multiplies") : (silos, "the slowest silos multiply");
        return FormattableString.Invariant(
            $"computes in float32, which {who} at {rates.Float32 / 1e9:0} GFLOP/s, and bfloat16 at {rates.BFloat16 / 1e9:0}");
    }

    /// <summary>The same for a processor.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="gain">How many times as fast it multiplies large matrices in float32 as in bfloat16.</param>
    internal static string Choose(ModelConfig config, double gain) =>
        gain > (config.HiddenSize < LeastWidth ? WorthItWhereNarrow : WorthIt) ? Float32 : BFloat16;

    /// <summary>
    /// The number formats of a model that only answers and is scored, on this processor. Where it computes in float32, its weights are
    /// widened once if all of them fit into the room for them, else a layer at a time, with the same results.
    /// </summary>
    /// <param name="dtype">What its weights are stored in: float32, bfloat16 or float16.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="trained">What the run that made it computed in; <see cref="TrainingSpec.AutoDtype"/> where nothing says so.</param>
    /// <param name="room">Bytes of memory for them, asked for only where that decides; null (default) for half of this machine's.</param>
    public static PartDtypes OfAnswers(
        string dtype, ModelConfig config, string trained = TrainingSpec.AutoDtype, Func<ModelConfig, long>? room = null)
    {
        var compute = dtype == BFloat16 && trained != Float32 ? Choose(config, onGpu: false) : trained;
        var dtypes = PartDtypes.Parse(dtype, Float32, compute);
        if (!dtypes.Widens) return dtypes;
        var fits = FormMemory.OfAnswering(config, dtypes.Widened)
            <= (room?.Invoke(config) ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2);
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

    private static double Gain(MatrixRates rates) => rates.Float32 / rates.BFloat16;

    private static MatrixRates Measure()
    {
        var rates = MatrixRate.Measure(CPU, s_time, ScalarType.Float32, ScalarType.BFloat16);
        return new MatrixRates(rates[0], rates[1]);
    }
}
