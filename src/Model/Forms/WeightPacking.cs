namespace LisaOrleans.Model;

/// <summary>How a weight is packed while it does not train.</summary>
/// <param name="Form">What makes it smaller.</param>
/// <param name="Scratch">Where it is unpacked.</param>
/// <param name="Ordinal">Which of the part's packed weights of this shape it is, from 0.</param>
internal sealed record WeightPacking(IWeightForm Form, WeightScratch Scratch, int Ordinal)
{
    /// <summary>For each of a part's parameters how it is packed; null for those that stay as they are.</summary>
    public static IReadOnlyList<WeightPacking?> Of(IReadOnlyList<ParameterSpec> specs, IWeightForm? form, WeightScratch scratch)
    {
        var seen = new Dictionary<string, int>();
        return [.. specs.Select(spec =>
        {
            if (form?.Packs(spec) != true) return null;
            var shape = string.Join(',', spec.Shape);
            var ordinal = seen.GetValueOrDefault(shape);
            seen[shape] = ordinal + 1;
            return new WeightPacking(form, scratch, ordinal);
        })];
    }
}
