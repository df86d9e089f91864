using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

/// <summary>Gradients of losses over pairs against finite differences of the formulas in float64, over the whole model.</summary>
public sealed class PairGradientTests
{
    private const int Rows = 4;
    private const int Length = 6;

    private static readonly double[] s_reference = [-9.5, -8.25, -10.5, -7];

    [Theory]
    [InlineData("dpo", true)]
    [InlineData("dpo", false)]
    [InlineData("orpo", true)]
    public void RunPairs_gradients_of_each_part_equal_finite_differences(string objective, bool tied)
    {
        using var scope = NewDisposeScope();
        IPairLoss loss = objective == "dpo" ? new DpoLoss(0.3, 0.1) : new OrpoLoss(0.7);
        var config = TinyModel.Config(tied, bias: true, layers: 2);
        var weights = TinyModel.Weights(config);
        var (ids, labels) = Batch(config);
        var doubles = weights.ToDictionary(w => w.Key, w => w.Value.to(ScalarType.Float64, copy: true));

        using var chain = new PartChain(config, TinyModel.Float32, TinyModel.AdamW, weights);
        foreach (var part in chain.Parts) part.MakeTrainable();
        var sum = chain.TrainPairs(ids, labels, Rows, scale: 0.5, loss, s_reference);
        Assert.Equal(LossOf(doubles), 0.5 * sum, 1e-4);

        foreach (var parameter in chain.Parts.SelectMany(p => p.Parameters)) FiniteDifference.Check(parameter, LossAt);

        double LossAt(string name, Tensor direction, double distance)
        {
            using var inner = NewDisposeScope();
            return LossOf(new(doubles) { [name] = doubles[name] + (direction.view(doubles[name].shape) * distance) });
        }

        // The formulas as TRL writes them, on tensors.
        double LossOf(Dictionary<string, Tensor> model)
        {
            using var inner = NewDisposeScope();
            var ids_BT = tensor(Array.ConvertAll(ids, i => (long)i), Rows, Length);
            var labels_BT = tensor(Array.ConvertAll(labels, i => (long)i), Rows, Length);
            var mask_BT = labels_BT.ne(-100);
            var logs = nn.functional.log_softmax(WholeModel.Logits(config, model, ids_BT), -1)
                .gather(2, labels_BT.clamp(0).unsqueeze(2)).squeeze(2) * mask_BT;
            var chosen = tensor(new long[] { 0, 2 });
            var rejected = tensor(new long[] { 1, 3 });
            if (objective == "dpo")
            {
                var ratios = logs.sum(1) - tensor(s_reference);
                var x = 0.3 * (ratios.index_select(0, chosen) - ratios.index_select(0, rejected));
                return 0.5 * ((-0.9 * nn.functional.logsigmoid(x)) - (0.1 * nn.functional.logsigmoid(-x))).sum().item<double>();
            }

            var means = logs.sum(1) / mask_BT.sum(1);
            var (c, r) = (means.index_select(0, chosen), means.index_select(0, rejected));
            var odds = c - r - (log1p(-c.exp()) - log1p(-r.exp()));
            return 0.5 * (-c - (0.7 * nn.functional.logsigmoid(odds))).sum().item<double>();
        }
    }

    [Fact]
    public void RunPairs_logits_in_chunks_give_the_same_as_at_once()
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config();

        // 4 rows of 100 positions are two chunks.
        using var head = new HeadPart(config, TinyModel.Float32, TinyModel.AdamW, TinyModel.Weights(config), null)
        {
            LogitsOfChunk = 262 * config.VocabSize,
        };
        head.MakeTrainable();
        var labels = TinyModel.Ids(config, 400, 7);
        var input = randn([4, 100, config.HiddenSize]);

        var together = head.RunPairs(0, input.clone(), labels, new DpoLoss(0.1), [-900, -900, -900, -900], 1, train: true, inputGradient: true);
        for (var pair = 0; pair < 2; pair++)
        {
            var alone = head.RunPairs(
                pair + 1, input.narrow(0, 2 * pair, 2).clone(), labels[(200 * pair)..(200 * (pair + 1))], new DpoLoss(0.1), [-900, -900], 1,
                train: true, inputGradient: true);
            Assert.Equal(alone.LogProbs!, together.LogProbs![(2 * pair)..(2 * (pair + 1))], (a, b) => Math.Abs(a - b) < 1e-2);
            var error = (alone.Gradient! - together.Gradient!.narrow(0, 2 * pair, 2)).abs().max().item<float>();
            Assert.True(error < 1e-5, $"off by {error}");
        }
    }

    [Fact]
    public void RunPairs_pair_without_labels_in_one_row_counts_for_nothing()
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config(layers: 2);
        var (ids, labels) = Batch(config);
        var weights = TinyModel.Weights(config);
        using var masked = new PartChain(config, TinyModel.Float32, TinyModel.AdamW, TinyModel.Clone(weights));
        using var alone = new PartChain(config, TinyModel.Float32, TinyModel.AdamW, weights);
        foreach (var part in masked.Parts.Concat(alone.Parts)) part.MakeTrainable();
        var half = 2 * Length;
        int[] without = [.. labels[..(3 * Length)], .. Enumerable.Repeat(-100, Length)];

        Assert.Equal(
            alone.TrainPairs(ids[..half], labels[..half], 2, 1, new OrpoLoss(0.1), null),
            masked.TrainPairs(ids, without, Rows, 1, new OrpoLoss(0.1), null), 1e-5);
        foreach (var (a, b) in masked.Parts.Zip(alone.Parts)) Assert.Equal(1, a.SquaredGradientNorm() / b.SquaredGradientNorm(), 1e-4);
    }

    // The first tokens are the prompt, and answers differ in length.
    private static (int[] Ids, int[] Labels) Batch(ModelConfig config)
    {
        var labels = TinyModel.Ids(config, Rows * Length, 4);
        for (var row = 0; row < Rows; row++)
            for (var t = 0; t < Length; t++)
                if (t < 2 || t >= Length - (row % 3)) labels[(row * Length) + t] = -100;
        return (TinyModel.Ids(config, Rows * Length, 3), labels);
    }
}
