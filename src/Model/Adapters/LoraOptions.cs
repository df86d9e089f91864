using System.Collections.Immutable;

namespace LisaOrleans.Model;

/// <summary>
/// Low-rank adapters (Hu et al., arXiv 2106.09685) on linear maps of decoder layers, by the names and rules of PEFT's LoraConfig.
/// </summary>
public sealed record LoraOptions
{
    /// <summary>The target that means every linear map of the decoder layers.</summary>
    public const string AllLinear = "all-linear";

    /// <value>r. Default 8.</value>
    public int Rank { get; init; } = 8;

    /// <value>B·A is multiplied by alpha / r, or by alpha / √r. Default 8.</value>
    public double Alpha { get; init; } = 8;

    /// <value>The share of an adapter's inputs that is dropped in training. Default 0.</value>
    public double Dropout { get; init; }

    /// <value>Whether the divisor is √r (Kalajdzievski, arXiv 2312.03732). Default false.</value>
    public bool UseRslora { get; init; }

    /// <value>Whether the length of each row of the matrix is a parameter of its own (Liu et al., arXiv 2402.09353). Default false.</value>
    public bool UseDora { get; init; }

    /// <value>
    /// Whether weight decay applies to these lengths, as it does with PEFT and transformers' Trainer, which spares norms and biases only.
    /// Default false.
    /// </value>
    public bool DecaysMagnitudes { get; init; }

    /// <value>Names of modules, <see cref="AllLinear"/> alone, or empty (default) for queries and values, as in PEFT.</value>
    public IReadOnlyList<string> TargetModules { get; init; } = [];

    /// <value>The decoder layers with adapters; empty (default) for all.</value>
    public IReadOnlyList<int> LayersToTransform { get; init; } = [];

    /// <value>Other ranks, by module name. Default none.</value>
    public IReadOnlyDictionary<string, int> RankPattern { get; init; } = ImmutableDictionary<string, int>.Empty;

    /// <value>Other alphas, by module name. Default none.</value>
    public IReadOnlyDictionary<string, double> AlphaPattern { get; init; } = ImmutableDictionary<string, double>.Empty;

    /// <value>Keys what is dropped, together with the step, the micro-batch and the module.</value>
    public ulong Seed { get; init; }

    /// <summary>The maps of a decoder layer that get adapters, in the layer's order.</summary>
    public IReadOnlyList<LoraTarget> Targets(ModelConfig config, int layer)
    {
        if (LayersToTransform.Count > 0 && !LayersToTransform.Contains(layer)) return [];
        var maps = config.LinearMaps(layer);
        var names = NamesIn(maps);
        return [.. maps.Where(m => names.Any(m.IsNamed)).Select(Target)];
    }

    /// <summary>Parameters of a decoder layer's adapters.</summary>
    public IReadOnlyList<ParameterSpec> Specs(ModelConfig config, int layer) => [.. Targets(config, layer).SelectMany(t => t.Specs)];

    /// <summary>Numbers in the compute dtype that a layer's adapters keep for each token for their backward pass.</summary>
    public long Saved(ModelConfig config, int layer)
    {
        var targets = Targets(config, layer);

        // The inputs of A, which neighbours share unless each drops others, and of B; what is dropped; and with DoRA the products
        // that are scaled.
        var inputs = Dropout > 0
            ? checked(2 * targets.Sum(t => t.Map.Input))
            : targets.GroupBy(t => (Module: t.Map.Name[..^t.Map.ShortName.Length], t.Map.Input)).Sum(g => g.Key.Input);
        return checked(inputs + targets.Sum(t => t.Rank + (t.Dora ? 2 * t.Map.Output : 0)));
    }

    /// <summary>Bytes that a layer's adapters take for a while in a forward pass beside what they keep, of one map at a time.</summary>
    /// <param name="config">The model.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="tokens">Tokens of a micro-batch.</param>
    /// <param name="size">Bytes of a number in the compute dtype.</param>
    public long Passing(ModelConfig config, int layer, long tokens, long size) => Targets(config, layer)
        .Select(t => Math.Max(t.Dora ? LoraWeights.BytesOfLength(t.Map) : 0, Dropout > 0 ? LoraPass.BytesOfMask(tokens, t.Map, size) : 0))
        .DefaultIfEmpty().Max();

    /// <summary>The names of the modules that get adapters, without <see cref="AllLinear"/> and defaults.</summary>
    public IReadOnlyList<string> ModuleNames(ModelConfig config) =>
        [.. Enumerable.Range(0, config.NumHiddenLayers).SelectMany(i => NamesIn(config.LinearMaps(i))).Distinct()];

    /// <summary>
    /// What is wrong with <see cref="TargetModules"/> for a model, as the rest of a sentence that the setting's name begins; null if
    /// nothing is.
    /// </summary>
    public string? WrongTargets(ModelConfig config)
    {
        if (TargetModules.Count > 1 && TargetModules.Contains(AllLinear))
            return $"is {string.Join(',', TargetModules)}; {AllLinear} stands alone";
        LinearMap[] maps = [.. Enumerable.Range(0, config.NumHiddenLayers).SelectMany(config.LinearMaps)];
        var known = maps.Where(m => !m.OfExperts).Select(m => m.ShortName).Distinct().ToArray();
        var names = ModuleNames(config);
        if (names.FirstOrDefault(n => !maps.Any(m => m.IsNamed(n))) is { } unknown)
            return $"names '{unknown}', which is no linear map of this model's layers; it must be of {string.Join(", ", known)}, or {AllLinear}";
        return maps.FirstOrDefault(m => m.OfExperts && names.Any(m.IsNamed)) is { } expert
            ? $"includes '{expert.Name}', and adapters of experts and routers are not supported; it must be of {string.Join(", ", known)}"
            : null;
    }

    private IReadOnlyList<string> NamesIn(IReadOnlyList<LinearMap> maps)
    {
        if (TargetModules is [AllLinear]) return [.. maps.Select(m => m.ShortName).Distinct()];
        if (TargetModules.Count > 0) return TargetModules;

        // PEFT's defaults of these families: queries and values, or the map that they are in.
        return maps.Any(m => m.ShortName == "v_proj") ? ["q_proj", "v_proj"]
            : maps.Any(m => m.ShortName == "qkv_proj") ? ["qkv_proj"]
            : ["c_attn"];
    }

    private LoraTarget Target(LinearMap map)
    {
        var rank = Of(RankPattern, map, Rank);
        var alpha = Of(AlphaPattern, map, Alpha);
        return new LoraTarget(map, rank, alpha / (UseRslora ? Math.Sqrt(rank) : rank), UseDora, DecaysMagnitudes);
    }

    // The first pattern that fits counts, as in PEFT.
    private static T Of<T>(IReadOnlyDictionary<string, T> pattern, LinearMap map, T otherwise) =>
        pattern.Where(p => map.IsNamed(p.Key)).Select(p => p.Value).DefaultIfEmpty(otherwise).First();
}
