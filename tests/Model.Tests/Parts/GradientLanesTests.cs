using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

/// <summary>Gradients of a step by lanes, against those of each micro-batch by itself, added up by hand.</summary>
public sealed class GradientLanesTests
{
    [Theory]
    [InlineData(false, "float32")]
    [InlineData(true, "float32")]
    [InlineData(false, "bfloat16")]
    [InlineData(true, "bfloat16")]
    public void TakeGradient_seven_micro_batches_in_three_lanes_are_summed_lane_by_lane(bool tied, string dtype)
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config(tied);
        var dtypes = PartDtypes.Parse(dtype, "float32");
        var own = Enumerable.Range(0, 7).Select(i => Gradients([i], lanes: 1)).ToArray();
        var lanes = Gradients([0, 3, 6, 1, 4, 2, 5], lanes: 3);
        foreach (var (name, gradient) in lanes)
        {
            // A tied matrix has two gradients for each micro-batch, which are summed apart.
            if (tied && name == "model.embed_tokens.weight") continue;
            var expected = Sum(Sum(Lane(0, 3, 6), Lane(1, 4)), Lane(2, 5));
            Assert.True(gradient.bytes.SequenceEqual(expected.bytes), name);

            Tensor Lane(params int[] batches) => batches.Select(i => own[i][name]).Aggregate(Sum);
        }

        static Tensor Sum(Tensor one, Tensor other) => one.to(ScalarType.Float32).add(other.to(ScalarType.Float32));

        Dictionary<string, Tensor> Gradients(int[] batches, int lanes)
        {
            using var chain = new PartChain(
                config, dtypes, TinyModel.AdamW, TinyModel.Weights(config, dtype: dtypes.Compute), lanes: lanes);
            foreach (var part in chain.Parts) part.MakeTrainable();
            foreach (var i in batches) chain.Train(i, TinyModel.Ids(config, 16, i), TinyModel.Ids(config, 16, i + 5), 2, 1.0 / 16);
            return chain.Parts.SelectMany(p => p.Parameters).ToDictionary(p => p.Spec.Name, p => p.TakeGradient(out _)!);
        }
    }
}
