namespace LisaOrleans.Model;

/// <summary>How a checkpoint holds weights in fewer bits than they are trained in, as its quantization_config says.</summary>
/// <param name="Method">Its quant_method.</param>
/// <param name="Block">Rows and columns of a matrix that share a scale; null for all of them. Of fp8 only.</param>
public sealed record WeightQuantization(string Method, (int Rows, int Columns)? Block = null)
{
    /// <summary>The field of config.json.</summary>
    public const string Field = "quantization_config";

    /// <summary>OCP's microscaling format with 4 bits for a number and 8 for the scale of 32 (Hugging Face: Mxfp4Config).</summary>
    public const string Mxfp4 = "mxfp4";

    /// <summary>Numbers of 8 bits with scales for blocks of a matrix or for all of it (Hugging Face: FineGrainedFP8Config).</summary>
    public const string Fp8 = "fp8";
}
