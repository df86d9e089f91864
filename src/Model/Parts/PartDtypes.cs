using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>The number formats of a run.</summary>
/// <param name="Storage">What weights are stored and exported in, and what a layer is rounded to when it is frozen again.</param>
/// <param name="Compute">What activations, gradients and weights that train are held in. float16 weights are computed in float32: the
/// range of float16 is too small for unscaled gradients.</param>
/// <param name="OptimizerState">Format of the moments; float32 also means float32 master weights.</param>
public sealed record PartDtypes(ScalarType Storage, ScalarType Compute, ScalarType OptimizerState)
{
    /// <value>
    /// What weights that do not train are held in. Default <see cref="Compute"/>; bfloat16 where a bfloat16 model computes in float32, so
    /// that the weights of one layer at a time are widened.
    /// </value>
    public ScalarType AtRest { get; init; } = Compute;

    /// <summary>Whether weights that do not train are widened to be computed with.</summary>
    public bool Widens => AtRest != Compute;

    /// <summary>The formats of a part that holds its weights in the compute dtype, whether they train or not.</summary>
    public PartDtypes Widened => this with { AtRest = Compute };

    /// <summary>From the names that config.json and the command line use.</summary>
    /// <param name="dtype">float32, bfloat16 or float16.</param>
    /// <param name="optimizerState">float32 or bfloat16.</param>
    /// <param name="compute">float32 for a bfloat16 model that computes in float32; all else (default) leaves it to the dtype.</param>
    public static PartDtypes Parse(string dtype, string optimizerState, string? compute = null)
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
        return storage == ScalarType.BFloat16 && compute == "float32"
            ? new PartDtypes(storage, ScalarType.Float32, state) { AtRest = storage }
            : new PartDtypes(storage, storage == ScalarType.Float16 ? ScalarType.Float32 : storage, state);
    }

    /// <summary>The formats of adapters: float32 as in PEFT, whatever the model is in.</summary>
    public PartDtypes OfAdapters => new(ScalarType.Float32, ScalarType.Float32, OptimizerState);

    /// <summary>Whether float32 master weights are kept besides the computed ones while a part trains.</summary>
    public bool SeparateMaster => Compute != ScalarType.Float32 && OptimizerState == ScalarType.Float32;
}
