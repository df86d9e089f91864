namespace LisaOrleans.Checkpoints;

/// <summary>How numbers are stored in a GGUF file; the values are the format's own (ggml_type).</summary>
public enum GgufType
{
    /// <summary>float32.</summary>
    F32 = 0,

    /// <summary>float16.</summary>
    F16 = 1,

    /// <summary>Blocks of 32 numbers: a float16 scale, then 32 signed bytes.</summary>
    Q8_0 = 8,

    /// <summary>bfloat16.</summary>
    BF16 = 30,
}
