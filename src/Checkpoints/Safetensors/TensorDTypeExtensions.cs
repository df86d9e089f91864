namespace LisaOrleans.Checkpoints;

/// <summary>Facts about element types.</summary>
public static class TensorDTypeExtensions
{
    private static readonly Dictionary<string, TensorDType> s_byName = Enum.GetValues<TensorDType>().ToDictionary(d => d.Name());

    /// <summary>Bytes of one element.</summary>
    public static int SizeInBytes(this TensorDType dtype) => dtype switch
    {
        TensorDType.Bool or TensorDType.U8 or TensorDType.I8 or TensorDType.F8E4M3 or TensorDType.F8E5M2 => 1,
        TensorDType.I16 or TensorDType.U16 or TensorDType.F16 or TensorDType.BF16 => 2,
        TensorDType.I32 or TensorDType.U32 or TensorDType.F32 => 4,
        _ => 8,
    };

    /// <summary>The name in a header.</summary>
    public static string Name(this TensorDType dtype) => dtype switch
    {
        TensorDType.Bool => "BOOL",
        TensorDType.F8E4M3 => "F8_E4M3",
        TensorDType.F8E5M2 => "F8_E5M2",
        _ => dtype.ToString(),
    };

    internal static bool TryParse(string? name, out TensorDType dtype) => s_byName.TryGetValue(name ?? "", out dtype);

    internal static IEnumerable<string> Names => s_byName.Keys;
}
