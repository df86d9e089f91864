namespace LisaOrleans.Model;

/// <summary>A linear map of a decoder layer, as an adapter sees it.</summary>
/// <param name="Name">Hugging Face's full name of the module, without <c>.weight</c>.</param>
/// <param name="Input">Width of its input.</param>
/// <param name="Output">Width of its output.</param>
/// <param name="Transposed">Whether its matrix is stored as [input, output], as in a Conv1D.</param>
/// <param name="OfExperts">Whether it belongs to a mixture of experts: the router, or a map of an expert.</param>
public sealed record LinearMap(string Name, long Input, long Output, bool Transposed, bool OfExperts)
{
    /// <summary>The last piece of its name: <c>q_proj</c>.</summary>
    public string ShortName => Name[(Name.LastIndexOf('.') + 1)..];

    /// <summary>Whether a name means this map by PEFT's rule: it is the whole name, or its last pieces.</summary>
    public bool IsNamed(string name) => Name == name || Name.EndsWith("." + name, StringComparison.Ordinal);
}
