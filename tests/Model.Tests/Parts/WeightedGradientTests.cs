using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

/// <summary>The loss of tokens that count by weights.</summary>
public sealed class WeightedGradientTests
{
    private const int Rows = 2;
    private const int Length = 7;

    private static readonly float[] s_weights = [.. Enumerable.Range(0, Rows * Length).Select(i => (i % 4) switch { 0 => 0.25f, 1 => 1f, 2 => 3f, _ => 0.5f })];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Run_gradients_of_weighted_labels_equal_finite_differences_of_the_weighted_mean(bool tied)
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config(tied, bias: true, layers: 2);
        var weights = TinyModel.Weights(config);
        var (ids, labels) = Batch(config);
        var total = labels.Zip(s_weights).Where(l => l.First != -100).Sum(l => (double)l.Second);
        var doubles = weights.ToDictionary(w => w.Key, w => w.Value.to(ScalarType.Float64, copy: true));

        using var chain = new PartChain(config, TinyModel.Float32, TinyModel.AdamW, weights);
        foreach (var part in chain.Parts) part.MakeTrainable();
        var sum = chain.Train(0, ids, labels, Rows, 1 / total, weights: s_weights);
        Assert.Equal(LossOf(doubles), sum / total, 1e-5);
        foreach (var parameter in chain.Parts.SelectMany(p => p.Parameters)) FiniteDifference.Check(parameter, LossAt);

        double LossAt(string name, Tensor direction, double distance)
        {
            using var inner = NewDisposeScope();
            return LossOf(new(doubles) { [name] = doubles[name] + (direction.view(doubles[name].shape) * distance) });
        }

        // sum(w * -log p) / sum(w), in float64.
        double LossOf(Dictionary<string, Tensor> model)
        {
            using var inner = NewDisposeScope();
            var ids_BT = tensor(Array.ConvertAll(ids, i => (long)i), Rows, Length);
            var labels_BT = tensor(Array.ConvertAll(labels, i => (long)i), Rows, Length);
            var weights_BT = tensor(Array.ConvertAll(s_weights, w => (double)w), Rows, Length) * labels_BT.ne(-100);
            var logs_BT = nn.functional.log_softmax(WholeModel.Logits(config, model, ids_BT), -1)
                .gather(2, labels_BT.clamp(0).unsqueeze(2)).squeeze(2);
            return -((weights_BT * logs_BT).sum() / weights_BT.sum()).item<double>();
        }
    }

    // A weight is a number of copies: a label of weight 2 counts like two rows of it with weight 1.
    [Fact]
    public void Run_row_of_weight_2_counts_like_two_rows()
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config(layers: 2);
        var weights = TinyModel.Weights(config);
        var (ids, labels) = Batch(config);
        using var weighted = new PartChain(config, TinyModel.Float32, TinyModel.AdamW, TinyModel.Clone(weights));
        using var twice = new PartChain(config, TinyModel.Float32, TinyModel.AdamW, weights);
        foreach (var part in weighted.Parts.Concat(twice.Parts)) part.MakeTrainable();

        float[] rowWeights = [.. Enumerable.Repeat(2f, Length), .. Enumerable.Repeat(1f, Length)];
        Assert.Equal(
            twice.Train(0, [.. ids[..Length], .. ids], [.. labels[..Length], .. labels], 3, 0.1),
            weighted.Train(0, ids, labels, Rows, 0.1, weights: rowWeights), 1e-4);
        foreach (var (a, b) in weighted.Parts.Zip(twice.Parts)) Assert.Equal(1, a.SquaredGradientNorm() / b.SquaredGradientNorm(), 1e-4);
    }

    [Fact]
    public void Run_weighted_logits_in_chunks_give_the_same_as_at_once()
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
        float[] weights = [.. Enumerable.Range(0, 400).Select(i => 0.5f + (i % 5))];
        var input = randn([4, 100, config.HiddenSize]);

        var together = head.Run(0, input.clone(), labels, weights, 1, train: true, inputGradient: true);
        var sum = 0.0;
        for (var row = 0; row < 4; row++)
        {
            Range own = (100 * row)..(100 * (row + 1));
            var alone = head.Run(row + 1, input.narrow(0, row, 1).clone(), labels[own], weights[own], 1, train: true, inputGradient: true);
            sum += alone.LossSum;
            var error = (alone.Gradient! - together.Gradient!.narrow(0, row, 1)).abs().max().item<float>();
            Assert.True(error < 1e-5, $"off by {error}");
        }

        Assert.Equal(1, together.LossSum / sum, 1e-6);
    }

    private static (int[] Ids, int[] Labels) Batch(ModelConfig config)
    {
        var labels = TinyModel.Ids(config, Rows * Length, 4);
        labels[0] = labels[5] = labels[13] = -100;
        return (TinyModel.Ids(config, Rows * Length, 3), labels);
    }
}
