using System.Globalization;

namespace LisaOrleans;

/// <summary>
/// Names of the parts of a model, one grain each: <c>embedding</c>, <c>layer-0</c> … <c>layer-(n-1)</c>, <c>head</c>;
/// and the keys of their grains, <c>RUN/PART</c>.
/// </summary>
public static class PartName
{
    /// <summary>The token embedding.</summary>
    public const string Embedding = "embedding";

    /// <summary>Final norm, language-model head and loss.</summary>
    public const string Head = "head";

    private const string LayerPrefix = "layer-";

    /// <summary>The decoder layer with this index, counted from 0.</summary>
    public static string Layer(int index) => LayerPrefix + index.ToString(CultureInfo.InvariantCulture);

    /// <summary>The index of a decoder layer's part, or null for embedding and head.</summary>
    public static int? LayerIndex(string part) =>
        part.StartsWith(LayerPrefix, StringComparison.Ordinal)
            ? int.Parse(part.AsSpan(LayerPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture)
            : null;

    /// <summary>All parts in the order of the forward pass.</summary>
    public static IReadOnlyList<string> All(int layerCount) =>
        [Embedding, .. Enumerable.Range(0, layerCount).Select(Layer), Head];

    /// <summary>
    /// The key of a part's grain on a silo. A part that moves becomes another grain: an Orleans activation then never has to
    /// be anywhere but on the silo of its key, and no message can wake it elsewhere.
    /// </summary>
    public static string Key(string run, string part, string silo) => $"{run}/{part}/{silo}";

    /// <summary>What a grain key made by <see cref="Key"/> says.</summary>
    public static (string Run, string Part, string Silo) Parse(string key) => key.Split('/') is [var run, var part, var silo]
        ? (run, part, silo)
        : throw new ArgumentException($"'{key}' is not a part key; one looks like RUN/{Embedding}/SILO", nameof(key));
}
