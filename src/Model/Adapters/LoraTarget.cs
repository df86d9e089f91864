namespace LisaOrleans.Model;

/// <summary>A linear map that gets an adapter, and the adapter's shape.</summary>
/// <param name="Map">The map.</param>
/// <param name="Rank">r.</param>
/// <param name="Scaling">What B·A is multiplied by.</param>
/// <param name="Dora">Whether it has a magnitude.</param>
/// <param name="DecaysMagnitude">Whether weight decay applies to the magnitude.</param>
public sealed record LoraTarget(LinearMap Map, int Rank, double Scaling, bool Dora, bool DecaysMagnitude)
{
    /// <summary>Name of A, [r, input].</summary>
    public string A => Map.Name + ".lora_A.weight";

    /// <summary>Name of B, [output, r].</summary>
    public string B => Map.Name + ".lora_B.weight";

    /// <summary>Name of DoRA's magnitude, [output].</summary>
    public string Magnitude => Map.Name + ".lora_magnitude_vector";

    /// <summary>Name of the matrix that it adapts.</summary>
    public string Weight => Map.Name + ".weight";

    /// <summary>Its parameters, all in float32, in the order of a checkpoint.</summary>
    public IReadOnlyList<ParameterSpec> Specs
    {
        get
        {
            ParameterSpec[] matrices = [new(A, [Rank, Map.Input], Decay: true), new(B, [Map.Output, Rank], Decay: true)];
            return Dora ? [.. matrices, new(Magnitude, [Map.Output], DecaysMagnitude)] : matrices;
        }
    }
}
