using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Training;

/// <summary>The number formats of runs, and the choice behind <see cref="TrainingSpec.ComputeDtype"/> auto.</summary>
public static class RunDtypes
{
    private const string Float32 = "float32";
    /// <summary>The number format that may be computed in another one.</summary>
    internal const string BFloat16 = "bfloat16";

    // Products of narrower models are so short that the rate of large ones says nothing about them.
    private const int LeastWidth = 512;

    // Activations of twice the size, and weights to be widened, cost time and memory.
    private const double WorthIt = 1.25;

    private static readonly TimeSpan s_time = TimeSpan.FromSeconds(0.1);
    private static readonly Lazy<string> s_measured = new(Measure);

    /// <summary>Those of a run.</summary>
    public static PartDtypes Of(TrainingSpec spec) => PartDtypes.Parse(spec.Dtype, spec.OptimizerStateDtype, spec.ComputeDtype);

    /// <summary>In words, to follow those of the method, where a run computes in other numbers than its model is in; else empty.</summary>
    public static string Describe(TrainingSpec spec) => spec is { Dtype: BFloat16, ComputeDtype: Float32 } ? "; computes in float32" : "";

    /// <summary>
    /// What a new run of a bfloat16 model computes in: bfloat16 on GPUs, else float32 where this processor multiplies matrices much faster
    /// in it. Measured once in a process; left open for models so narrow that it matters little.
    /// </summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="onGpu">Whether it trains on GPUs; null if that is wherever this process would train.</param>
    public static string Choose(ModelConfig config, bool? onGpu)
    {
        if (config.HiddenSize < LeastWidth) return TrainingSpec.AutoDtype;
        return onGpu ?? cuda.is_available() ? BFloat16 : s_measured.Value;
    }

    /// <summary>What is wrong with the setting for the other settings; null if it is right.</summary>
    public static SettingProblem? Check(TrainingSpec spec) => spec.ComputeDtype == BFloat16 && spec.Dtype != BFloat16
        ? new SettingProblem(
            nameof(TrainingSpec.ComputeDtype), $"is bfloat16, but weights of {{dtype}} {spec.Dtype} are computed in float32; choose float32 or auto")
        : null;

    private static string Measure() =>
        MatrixRate.Measure(CPU, ScalarType.Float32, s_time) > WorthIt * MatrixRate.Measure(CPU, ScalarType.BFloat16, s_time) ? Float32 : BFloat16;
}
