using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>A weight in the hands of the block that uses it: the part's parameter, or only its name where none is loaded.</summary>
internal sealed class Weight(ParameterSpec spec, Parameter? parameter)
{
    /// <summary>Name, shape and whether it decays.</summary>
    public ParameterSpec Spec => spec;

    /// <summary>The tensor that the arithmetic uses, in the compute dtype; that of a token embedding may be in fewer bits.</summary>
    public Tensor Value => (parameter ?? throw new InvalidOperationException($"'{spec.Name}' was only asked for by name")).Value;
}
