using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

/// <summary>Parts of a bfloat16 model that computes in float32.</summary>
public sealed class WidenedPartTests
{
    private static readonly PartDtypes s_widened = PartDtypes.Parse("bfloat16", "float32", "float32");

    public static TheoryData<string> Families => [.. References.All.Select(r => r.Name)];

    // The layers share a place to widen their weights, and what trains trains for two steps of two micro-batches.
    [Theory]
    [MemberData(nameof(Families))]
    public void Parts_widened_have_the_bits_of_a_float32_model_with_the_same_weights(string family)
    {
        using var scope = NewDisposeScope();
        var config = ModelConfigReader.Parse(References.All.Single(r => r.Name == family).Config, family);
        Compare(config, recompute: false, chain => [chain.Embedding, chain.Layers[^1], chain.Head]);
        Compare(config, recompute: true, chain => [chain.Layers[0]]);
    }

    [Theory]
    [InlineData("lora")]
    [InlineData("dora")]
    public void LayerPart_widened_with_adapters_has_the_bits_of_a_float32_model_with_the_same_weights(string kind)
    {
        using var scope = NewDisposeScope();
        Compare(TinyModel.Config(), recompute: false, chain => chain.Layers, LoraReference.Options(kind));
    }

    [Fact]
    public void ModelPart_widened_trains_in_float32_and_rests_rounded()
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config();
        using var layer = new LayerPart(config, 0, s_widened, TinyModel.AdamW, false, TinyModel.Weights(config, dtype: ScalarType.BFloat16));
        var count = config.LayerSpecs(0).Sum(s => s.Count);
        Assert.Equal(2 * count, layer.WeightBytes);
        layer.ForgetExactWeights();
        Assert.True(layer.HoldsExactWeights);

        layer.MakeTrainable();
        Assert.Equal((4 * count, 8 * count), (layer.WeightBytes, layer.OptimizerBytes));
        Assert.All(layer.StateSpecs, s => Assert.Equal(ScalarType.Float32, s.DType));
        layer.Forward(0, ones(1, 3, 16).DetachFromDisposeScope(), null, train: true, inputGradient: false);
        layer.Backward(0, ones(1, 3, 16), null);
        layer.Apply(1e-2, 1);
        var learned = layer.Parameters.Select(p => p.Exact.detach().to(ScalarType.BFloat16, copy: true)).ToArray();
        layer.Freeze();
        Assert.Equal((2 * count, 0L), (layer.WeightBytes, layer.OptimizerBytes));
        Assert.Equal(learned.Select(Bits), layer.Parameters.Select(p => Bits(p.Exact)));
        Assert.Equal(learned.Select(Bits), layer.CopyWeights().Select(w => Bits(w.Value)));

        // What is widened are the new numbers, and then those that come in their place.
        Assert.Equal(learned.Select(t => Bits(t.to(ScalarType.Float32))), layer.Parameters.Select(p => Bits(p.Value)));
        var others = TinyModel.Weights(config, seed: 2, ScalarType.BFloat16);
        layer.TakeExactWeights(others);
        Assert.All(layer.Parameters, p => Assert.Equal(Bits(others[p.Spec.Name].to(ScalarType.Float32)), Bits(p.Value)));
    }

    [Theory]
    [InlineData(false, ScalarType.BFloat16)]
    [InlineData(true, ScalarType.Float32)]
    public void EmbeddingPart_widened_rests_in_bfloat16_unless_the_head_multiplies_by_it(bool tied, ScalarType expected)
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config(tied);
        using var chain = new PartChain(config, s_widened, TinyModel.AdamW, TinyModel.Weights(config, dtype: ScalarType.BFloat16));
        Assert.Equal(expected, chain.Embedding.Parameters[0].Exact.dtype);
        Assert.All(chain.Head.Parameters, p => Assert.Equal(ScalarType.Float32, p.Exact.dtype));
        Assert.Equal(ScalarType.Float32, chain.Embedding.Forward(0, zeros([1, 2], ScalarType.Int64), null, train: false).dtype);
    }

    private static void Compare(ModelConfig config, bool recompute, Func<PartChain, IEnumerable<ModelPart>> trained, LoraOptions? lora = null)
    {
        var weights = TinyModel.Weights(config, dtype: ScalarType.BFloat16);
        var same = weights.ToDictionary(w => w.Key, w => w.Value.to(ScalarType.Float32).DetachFromDisposeScope());
        if (lora is not null)
        {
            foreach (var (name, value) in LoraReference.Adapters((DecoderConfig)config, lora))
            {
                weights.Add(name, value.clone());
                same.Add(name, value);
            }
        }

        using var wide = new PartChain(config, s_widened, TinyModel.AdamW, weights, recompute, lora, scratch: new WeightScratch());
        using var exact = new PartChain(config, TinyModel.Float32, TinyModel.AdamW, same, recompute, lora);
        Assert.Equal(Train(exact), Train(wide));
        Assert.Equal(State(exact), State(wide));

        // As any model made of the weights that it now rests in.
        foreach (var part in wide.Parts) part.Freeze();
        var rested = wide.Parts.SelectMany(p => p.CopyWeights().Concat(p.CopyAdapters()))
            .ToDictionary(w => w.Name, w => w.Value.to(ScalarType.Float32));
        using var again = new PartChain(config, TinyModel.Float32, TinyModel.AdamW, rested, lora: lora);
        Assert.Equal(Step(again), Step(wide));

        (string, string)[] State(PartChain chain) =>
            [.. trained(chain).SelectMany(p => p.CopyTrainingState()).Select(t => (t.Name, Bits(t.Value)))];

        double[] Train(PartChain chain)
        {
            foreach (var part in trained(chain)) part.MakeTrainable();
            return [.. Enumerable.Range(0, 2).SelectMany(_ =>
            {
                var losses = Step(chain);
                foreach (var part in trained(chain)) part.Apply(1e-2, 1);
                return losses;
            })];
        }

        double[] Step(PartChain chain) => [.. Enumerable.Range(0, 2).Select(i =>
            chain.Train(i, TinyModel.Ids(config, 16, i), TinyModel.Ids(config, 16, i + 5), rows: 2, scale: 1.0 / 32, step: 1))];
    }

    private static string Bits(Tensor tensor) => Convert.ToHexString(tensor.contiguous().bytes);
}
