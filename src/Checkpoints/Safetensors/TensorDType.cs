namespace LisaOrleans.Checkpoints;

/// <summary>Element types of safetensors files, by their names there.</summary>
public enum TensorDType
{
    /// <summary>Boolean, 1 byte.</summary>
    Bool,

    /// <summary>Unsigned, 1 byte.</summary>
    U8,

    /// <summary>Signed, 1 byte.</summary>
    I8,

    /// <summary>1 byte with 4 bits of exponent and 3 of mantissa, without infinities (OCP's OFP8).</summary>
    F8E4M3,

    /// <summary>1 byte with 5 bits of exponent and 2 of mantissa (OCP's OFP8).</summary>
    F8E5M2,

    /// <summary>Signed, 2 bytes.</summary>
    I16,

    /// <summary>Unsigned, 2 bytes.</summary>
    U16,

    /// <summary>Signed, 4 bytes.</summary>
    I32,

    /// <summary>Unsigned, 4 bytes.</summary>
    U32,

    /// <summary>Signed, 8 bytes.</summary>
    I64,

    /// <summary>Unsigned, 8 bytes.</summary>
    U64,

    /// <summary>IEEE half precision, 2 bytes.</summary>
    F16,

    /// <summary>bfloat16, 2 bytes.</summary>
    BF16,

    /// <summary>IEEE single precision, 4 bytes.</summary>
    F32,

    /// <summary>IEEE double precision, 8 bytes.</summary>
    F64,
}
