using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>The number formats of a run.</summary>
/// <param name="Storage">What weights are stored and exported in, and what a layer is rounded to when it is frozen again.</param>
/// <param name="Compute">What weights and activations are held in. float16 weights are computed in float32: the range of
/// float16 is too small for unscaled gradients.</param>
/// <param name="OptimizerState">Format of the moments; float32 also means float32 master weights.</param>
public sealed record PartDtypes(ScalarType Storage, ScalarType Compute, ScalarType OptimizerState)
{
    /// <summary>From the names that config.json and the command line use.</summary>
    /// <param name="dtype">float32, bfloat16 or float16.</param>
    /// <param name="optimizerState">float32 or bfloat16.</param>
    public static PartDtypes Parse(string dtype, string optimizerState)
    {
        var storage = dtype switch
        {
            "float32" => ScalarType.Float32,
            "bfloat16" => ScalarType.BFloat16,
            "float16" => ScalarType.Float16,
            _ => throw new ArgumentException($"dtype '{dtype}': one of float32, bfloat16, float16", nameof(dtype)),
        };
        var state = optimizerState switch
        {
            "float32" => ScalarType.Float32,
            "bfloat16" => ScalarType.BFloat16,
            _ => throw new ArgumentException(
                $"optimizer state dtype '{optimizerState}': one of float32, bfloat16", nameof(optimizerState)),
        };
        return new PartDtypes(storage, storage == ScalarType.Float16 ? ScalarType.Float32 : storage, state);
    }

    /// <summary>The formats of adapters: float32 as in PEFT, whatever the model is in.</summary>
    public PartDtypes OfAdapters => this with { Storage = ScalarType.Float32, Compute = ScalarType.Float32 };

    /// <summary>Whether float32 master weights are kept besides the computed ones while a part trains.</summary>
    public bool SeparateMaster => Compute != ScalarType.Float32 && OptimizerState == ScalarType.Float32;
}
