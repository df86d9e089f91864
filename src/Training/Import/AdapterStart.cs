using System.IO.Hashing;
using System.Text;
using LisaOrleans.Data;
using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Training;

/// <summary>
/// Adapters as training begins with them, by PEFT's default (init_lora_weights true): A uniform as torch's kaiming_uniform with
/// a = √5 makes it, B zero, and DoRA's magnitude the lengths of the matrix's rows, so that nothing changes at first. A pure function
/// of seed, name and weights.
/// </summary>
/// <remarks>
/// The rows are the exact ones whatever form the layer computes with. Over int8 and nf4, the packed rows are thus brought to their exact
/// lengths from the first step, and the adapter changes nothing at first in the model that it is merged into; PEFT takes the lengths of
/// the packed rows.
/// </remarks>
internal static class AdapterStart
{
    /// <summary>The parameters of a layer's adapters, in their order, on the CPU; the caller owns them.</summary>
    /// <param name="targets">The adapted maps.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="weights">The layer's weights in the stored dtype; not owned.</param>
    public static IReadOnlyList<NamedTensor> Create(IReadOnlyList<LoraTarget> targets, ulong seed, IReadOnlyList<NamedTensor> weights)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        return [.. targets.SelectMany(t => Create(t, seed, weights)).Select(t => t with { Value = t.Value.DetachFromDisposeScope() })];
    }

    private static IEnumerable<NamedTensor> Create(LoraTarget target, ulong seed, IReadOnlyList<NamedTensor> weights)
    {
        var (map, rank) = (target.Map, (long)target.Rank);
        var (a, b) = (Uniform(target.A, seed, rank, map.Input), zeros(map.Output, rank));
        yield return new NamedTensor(target.A, a);
        yield return new NamedTensor(target.B, b);
        if (!target.Dora) yield break;
        var weight = weights.Single(w => w.Name == target.Weight).Value;
        yield return new NamedTensor(
            target.Magnitude, LoraWeights.Length(map.Transposed ? weight.t() : weight, a, b, target.Scaling));
    }

    private static Tensor Uniform(string name, ulong seed, long rank, long input)
    {
        var random = new CounterRandom(seed, XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(name)));
        var (bound, numbers) = (1 / Math.Sqrt(input), new float[checked(rank * input)]);
        for (var i = 0; i < numbers.Length; i++) numbers[i] = (float)((((random.NextUInt64() >> 40) / (double)(1 << 23)) - 1) * bound);
        return tensor(numbers, rank, input);
    }
}
