using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

/// <summary>
/// The published formulas of LoRA, rsLoRA and DoRA in float64: a model whose adapted matrices are replaced by the sums, so that it
/// needs no adapters.
/// </summary>
internal static class LoraReference
{
    /// <summary>Options that leave no formula out.</summary>
    public static LoraOptions Options(string kind) => new()
    {
        Rank = 3,
        Alpha = 5,
        UseRslora = kind == "rslora",
        UseDora = kind == "dora",
        TargetModules = [LoraOptions.AllLinear],
    };

    /// <summary>Random adapters of all layers, none of them 0; the caller owns them.</summary>
    public static Dictionary<string, Tensor> Adapters(ModelConfig config, LoraOptions lora, int seed = 7)
    {
        using var generator = new Generator((ulong)seed);
        return Enumerable.Range(0, config.NumHiddenLayers).SelectMany(i => lora.Specs(config, i)).ToDictionary(s => s.Name, s =>
        {
            using var scope = NewDisposeScope();
            var noise = randn([.. s.Shape], generator: generator);
            return (s.Shape.Count == 1 ? 1.2 + (0.1 * noise) : 0.3 * noise).DetachFromDisposeScope();
        });
    }

    /// <summary>The weights with adapters in them, in float64.</summary>
    /// <param name="config">The model.</param>
    /// <param name="kind">lora, rslora or dora.</param>
    /// <param name="weights">The model's.</param>
    /// <param name="adapters">The adapters'.</param>
    /// <param name="lengths">
    /// Lengths of the rows of DoRA's sums by matrix, which its gradient takes as constants; null to calculate them.
    /// </param>
    public static Dictionary<string, Tensor> Merged(
        ModelConfig config, string kind, IReadOnlyDictionary<string, Tensor> weights, IReadOnlyDictionary<string, Tensor> adapters,
        IReadOnlyDictionary<string, Tensor>? lengths = null)
    {
        var merged = weights.ToDictionary(w => w.Key, w => w.Value.to(ScalarType.Float64));
        foreach (var module in adapters.Keys.Where(n => n.EndsWith(".lora_A.weight", StringComparison.Ordinal)).Select(n => n[..^14]))
        {
            var (a, b) = (adapters[module + ".lora_A.weight"].to(ScalarType.Float64), adapters[module + ".lora_B.weight"].to(ScalarType.Float64));
            var name = module + ".weight";
            var update = b.matmul(a) * (kind == "rslora" ? 5 / Math.Sqrt(3) : 5.0 / 3);
            if (config is Gpt2) update = update.t();
            var sum = merged[name] + update;
            if (kind == "dora")
            {
                var axis = config is Gpt2 ? 0 : 1;
                var length = lengths?[name] ?? (sum * sum).sum(axis, keepdim: true).sqrt();
                sum = sum / length * adapters[module + ".lora_magnitude_vector"].to(ScalarType.Float64).unsqueeze(axis);
            }

            merged[name] = sum;
        }

        return merged;
    }

    /// <summary>The lengths that <see cref="Merged"/> takes.</summary>
    public static Dictionary<string, Tensor> Lengths(IReadOnlyDictionary<string, Tensor> weights, IReadOnlyDictionary<string, Tensor> adapters)
    {
        var sums = weights.ToDictionary(w => w.Key, w => w.Value.to(ScalarType.Float64));
        foreach (var module in adapters.Keys.Where(n => n.EndsWith(".lora_A.weight", StringComparison.Ordinal)).Select(n => n[..^14]))
        {
            sums[module + ".weight"] += adapters[module + ".lora_B.weight"].to(ScalarType.Float64)
                .matmul(adapters[module + ".lora_A.weight"].to(ScalarType.Float64)) * (5.0 / 3);
        }

        return sums.Where(s => s.Value.dim() == 2).ToDictionary(s => s.Key, s => (s.Value * s.Value).sum(1, keepdim: true).sqrt());
    }
}
