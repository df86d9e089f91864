using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>
/// Bytes of weights, apart from mapped files, where those that do not train have a form of their own: the one model of this for
/// plans, placement and admission.
/// </summary>
public static class FormMemory
{
    private static readonly WholeForm s_whole = new();

    /// <summary>A decoder layer that does not train.</summary>
    internal static long Frozen(IReadOnlyList<ParameterSpec> layer, IWeightForm form, PartDtypes dtypes) =>
        checked(layer.Sum(s => form.Packs(s) || form.IsMapped ? form.BytesOf(s, dtypes.AtRest) : s.Count * dtypes.AtRest.ElementSize()));

    /// <summary>A part whose weights are all in the compute dtype.</summary>
    internal static long Whole(IReadOnlyList<ParameterSpec> part, PartDtypes dtypes) => checked(part.Sum(s => Whole(s, dtypes)));

    /// <summary>An embedding that does not train: it is never packed, but may be mapped.</summary>
    internal static long FrozenEmbedding(ModelConfig config, IWeightForm form, PartDtypes dtypes) => config.TieWordEmbeddings
        ? FrozenHead(config.EmbeddingSpecs(), form, dtypes)
        : Frozen(config.EmbeddingSpecs(), form.IsMapped ? form : s_whole, dtypes);

    /// <summary>A head that does not train, or the matrix that a tied one multiplies by: it rests in the compute dtype.</summary>
    internal static long FrozenHead(IReadOnlyList<ParameterSpec> part, IWeightForm form, PartDtypes dtypes) =>
        dtypes.Widens ? Whole(part, dtypes) : Frozen(part, form.IsMapped ? form : s_whole, dtypes);

    /// <summary>Room to unpack or widen any of the layers that do not train.</summary>
    internal static long Scratch(IReadOnlyList<ParameterSpec>[] layers, MemoryPlanOptions options) =>
        options.Adapters is not null || options.ActiveLayers < layers.Length
            ? layers.Max(l => Scratch(l, options.FrozenWeights, options.Dtypes))
            : 0;

    /// <summary>Room to unpack or widen a layer.</summary>
    internal static long Scratch(IReadOnlyList<ParameterSpec> layer, IWeightForm form, PartDtypes dtypes) =>
        checked(layer.Where(s => dtypes.Widens || form.Packs(s)).Sum(s => Whole(s, dtypes)));

    /// <summary>A whole model that only answers and is scored.</summary>
    /// <param name="config">Its shape.</param>
    /// <param name="dtypes">Its number formats.</param>
    public static long OfAnswering(ModelConfig config, PartDtypes dtypes) => checked(
        OfModel(config, s_whole, dtypes, active: 0, ends: false)
        + Enumerable.Range(0, config.NumHiddenLayers).Max(i => Scratch(config.LayerSpecs(i), s_whole, dtypes)));

    /// <summary>
    /// A whole model that trains, without the room to unpack layers, at most over all choices of layers; beside adapters all of its own
    /// weights are frozen.
    /// </summary>
    internal static long OfModel(ModelConfig config, MemoryPlanOptions options) => OfModel(
        config, options.FrozenWeights, options.Dtypes, options.Adapters is null ? options.ActiveLayers : 0, options.TrainEmbeddings);

    private static long OfModel(ModelConfig config, IWeightForm form, PartDtypes dtypes, int active, bool ends)
    {
        checked
        {
            var layers = Enumerable.Range(0, config.NumHiddenLayers).Select(config.LayerSpecs).ToArray();
            var grows = layers.Select(l => Whole(l, dtypes) - Frozen(l, form, dtypes)).OrderDescending().Take(active).Sum();
            return layers.Sum(l => Frozen(l, form, dtypes)) + grows
                + (ends
                    ? Whole([.. config.EmbeddingSpecs(), .. config.HeadSpecs()], dtypes)
                    : FrozenEmbedding(config, form, dtypes) + FrozenHead(config.HeadSpecs(), form, dtypes));
        }
    }

    private static long Whole(ParameterSpec spec, PartDtypes dtypes) => checked(spec.Count * dtypes.Compute.ElementSize());
}
