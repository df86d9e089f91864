namespace LisaOrleans.Model;

/// <summary>Which layers see a window of positions only, as config.json says it in the layouts of transformers 4 and 5.</summary>
internal static class LayerTypes
{
    public const string Full = "full_attention";
    public const string Sliding = "sliding_attention";

    /// <summary>The window of each layer, null for none, by layer_types or, where that is missing, a rule of the family.</summary>
    /// <param name="json">The fields.</param>
    /// <param name="layers">How many layers.</param>
    /// <param name="window">The window of those that have one; null for none.</param>
    /// <param name="slides">The family's rule: whether a layer has one.</param>
    public static IReadOnlyList<int?> Windows(this ConfigFields json, int layers, int? window, Func<int, bool> slides)
    {
        var types = json.ForEachLayer("layer_types", layers, Full, Sliding);
        if (types is not null && window is null && types.Contains(Sliding))
            throw json.Wrong("layer_types", $"holds {Sliding}; sliding_window must then be a number");
        return [.. Enumerable.Range(0, layers).Select(i => (types is null ? slides(i) : types[i] == Sliding) ? window : null)];
    }

    /// <summary>
    /// One window for all layers; null for none. Hugging Face's classes of these families do not look at layer_types, so it must not say otherwise.
    /// </summary>
    public static IReadOnlyList<int?> SameWindows(this ConfigFields json, int layers, int? window)
    {
        var windows = json.Windows(layers, window, _ => true);
        return json.IsOfRun || window is null || !windows.Contains(null)
            ? windows
            : throw json.Wrong(
                "layer_types",
                $"holds {Full}, but all layers of this family have the window of {window}; leave it out, or make sliding_window null");
    }

    /// <summary>Qwen's rule: with use_sliding_window the layers from max_window_layers on have a window.</summary>
    public static IReadOnlyList<int?> UpperWindows(this ConfigFields json, int layers)
    {
        var uses = json.Flag("use_sliding_window", false);
        var width = json.CountOrNull("sliding_window", 4096);
        var first = json.WholeFrom0("max_window_layers", 28);
        return json.Windows(layers, uses ? width : null, i => i >= first);
    }
}
