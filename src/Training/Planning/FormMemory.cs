using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>
/// Bytes of weights, apart from mapped files, where those that do not train have a form of their own: the one model of this for
/// plans, placement and admission.
/// </summary>
internal static class FormMemory
{
    /// <summary>A decoder layer that does not train.</summary>
    public static long Frozen(IReadOnlyList<ParameterSpec> layer, IWeightForm form, PartDtypes dtypes) =>
        checked(layer.Sum(s => form.Packs(s) || form.IsMapped ? form.BytesOf(s, dtypes.Compute) : Whole(s, dtypes)));

    /// <summary>A part whose weights are all in the compute dtype.</summary>
    public static long Whole(IReadOnlyList<ParameterSpec> part, PartDtypes dtypes) => checked(part.Sum(s => Whole(s, dtypes)));

    /// <summary>Embedding or head that does not train: it is never packed, but may be mapped.</summary>
    public static long FrozenEnd(IReadOnlyList<ParameterSpec> part, IWeightForm form, PartDtypes dtypes) =>
        form.IsMapped ? Frozen(part, form, dtypes) : Whole(part, dtypes);

    /// <summary>Room to unpack a layer.</summary>
    public static long Scratch(IReadOnlyList<ParameterSpec> layer, IWeightForm form, PartDtypes dtypes) =>
        checked(layer.Where(form.Packs).Sum(s => Whole(s, dtypes)));

    /// <summary>A whole model, at most over all choices of layers.</summary>
    public static long OfModel(ModelConfig config, MemoryPlanOptions options)
    {
        checked
        {
            var (form, dtypes) = (options.FrozenWeights, options.Dtypes);
            ParameterSpec[] ends = [.. config.EmbeddingSpecs(), .. config.HeadSpecs()];
            var layers = Enumerable.Range(0, config.NumHiddenLayers).Select(config.LayerSpecs).ToArray();
            // Beside adapters all of them are frozen.
            var active = options.Adapters is null ? options.ActiveLayers : 0;
            var grows = layers.Select(l => Whole(l, dtypes) - Frozen(l, form, dtypes)).OrderDescending().Take(active).Sum();
            return layers.Sum(l => Frozen(l, form, dtypes)) + grows
                + (active < layers.Length ? layers.Max(l => Scratch(l, form, dtypes)) : 0)
                + (options.TrainEmbeddings ? Whole(ends, dtypes) : FrozenEnd(ends, form, dtypes));
        }
    }

    private static long Whole(ParameterSpec spec, PartDtypes dtypes) => checked(spec.Count * dtypes.Compute.ElementSize());
}
