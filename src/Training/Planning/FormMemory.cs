using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>
/// Bytes of weights, apart from mapped files, where those that do not train have a form of their own: the one model of this for
/// plans, placement and admission.
/// </summary>
internal static class FormMemory
{
    private static readonly WholeForm s_whole = new();

    /// <summary>A decoder layer that does not train.</summary>
    public static long Frozen(IReadOnlyList<ParameterSpec> layer, IWeightForm form, PartDtypes dtypes) =>
        checked(layer.Sum(s => form.Packs(s) || form.IsMapped ? form.BytesOf(s, dtypes.AtRest) : s.Count * dtypes.AtRest.ElementSize()));

    /// <summary>A part whose weights are all in the compute dtype.</summary>
    public static long Whole(IReadOnlyList<ParameterSpec> part, PartDtypes dtypes) => checked(part.Sum(s => Whole(s, dtypes)));

    /// <summary>An embedding that does not train: it is never packed, but may be mapped.</summary>
    public static long FrozenEmbedding(ModelConfig config, IWeightForm form, PartDtypes dtypes) => config.TieWordEmbeddings
        ? FrozenHead(config.EmbeddingSpecs(), form, dtypes)
        : Frozen(config.EmbeddingSpecs(), form.IsMapped ? form : s_whole, dtypes);

    /// <summary>A head that does not train, or the matrix that a tied one multiplies by: it rests in the compute dtype.</summary>
    public static long FrozenHead(IReadOnlyList<ParameterSpec> part, IWeightForm form, PartDtypes dtypes) =>
        dtypes.Widens ? Whole(part, dtypes) : Frozen(part, form.IsMapped ? form : s_whole, dtypes);

    /// <summary>Room to unpack or widen a layer.</summary>
    public static long Scratch(IReadOnlyList<ParameterSpec> layer, IWeightForm form, PartDtypes dtypes) =>
        checked(layer.Where(s => dtypes.Widens || form.Packs(s)).Sum(s => Whole(s, dtypes)));

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
                + (options.TrainEmbeddings
                    ? Whole(ends, dtypes)
                    : FrozenEmbedding(config, form, dtypes) + FrozenHead(config.HeadSpecs(), form, dtypes));
        }
    }

    private static long Whole(ParameterSpec spec, PartDtypes dtypes) => checked(spec.Count * dtypes.Compute.ElementSize());
}
