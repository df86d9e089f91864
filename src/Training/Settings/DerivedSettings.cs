using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>The settings whose defaults the model or the machines decide. Every door leaves them to this one place.</summary>
public static class DerivedSettings
{
    private const int LongestDefaultBlock = 1024;

    // What most models of today are in, where only the shape of one is known.
    private const string LikelyDtype = "bfloat16";

    /// <summary>The settings of a run with nothing left to be chosen.</summary>
    /// <param name="spec">The settings as they were given.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="weightsDtype">The number format of the model's weights; null where they are not at hand.</param>
    /// <param name="threads">Intra-op threads of a run that does not say.</param>
    public static TrainingSpec Resolve(TrainingSpec spec, ModelConfig config, Func<string>? weightsDtype, int threads) =>
        spec with
        {
            BlockSize = BlockSize(spec.BlockSize, config),
            Dtype = Dtype(spec.Dtype, config, weightsDtype),
            Threads = spec.Threads > 0 ? spec.Threads : threads,
        };

    /// <summary>The longest sequence: as given, else the model's longest, at most 1024.</summary>
    /// <param name="given">0 where it is not.</param>
    /// <param name="config">The model's shape.</param>
    public static int BlockSize(int given, ModelConfig config) =>
        given != 0 ? given : Math.Min(config.MaxSequenceLength, LongestDefaultBlock);

    /// <summary>
    /// The number format of the weights: as given, else as config.json says, else as the weights are, which is Hugging Face's rule.
    /// </summary>
    /// <param name="given"><see cref="TrainingSpec.AutoDtype"/> where it is not.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="weightsDtype">The number format of the model's weights; null where they are not at hand.</param>
    public static string Dtype(string given, ModelConfig config, Func<string>? weightsDtype)
    {
        if (given != TrainingSpec.AutoDtype) return given;
        var known = RunSettings.Table.Of(nameof(TrainingSpec.Dtype)).Choices!;
        return config.TorchDtype is { } stated and not TrainingSpec.AutoDtype && known.Contains(stated)
            ? stated
            : weightsDtype?.Invoke() ?? LikelyDtype;
    }
}
