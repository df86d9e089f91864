using LisaOrleans.Data;
using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>How well a model predicts data that it does not learn from.</summary>
/// <param name="LossSum">Sum of the losses of all labels, each times its weight, in nats.</param>
/// <param name="Labels">How many tokens were predicted.</param>
/// <param name="Weight">The sum of their weights.</param>
public sealed record ModelScore(double LossSum, long Labels, double Weight)
{
    /// <summary>Mean loss of a label, by the labels' weights; NaN where there is none.</summary>
    public double MeanLoss => LossSum / Weight;

    /// <summary>Scores a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="data">The data.</param>
    /// <param name="batchSize">Samples in a forward pass.</param>
    /// <param name="scored">Told how many samples have been scored; null to tell nobody.</param>
    /// <param name="cancellationToken">Stops between two passes.</param>
    public static ModelScore Of(
        CausalLanguageModel model, TokenizedDataset data, int batchSize, Action<int>? scored, CancellationToken cancellationToken)
    {
        // Samples of similar length go together: fewer pads. The sum depends on the order only by rounding.
        var builder = new MicroBatchBuilder(data, null, padTokenId: 0);
        var (sum, count, weight, done) = (0.0, 0L, 0.0, 0);
        foreach (var rows in Enumerable.Range(0, data.Count).OrderBy(data.Length).Chunk(batchSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var batch = builder.Build(rows);
            var (loss, labels) = model.Score(batch.BatchSize, batch.SequenceLength, batch.InputIds, batch.Labels, null, null, batch.LossWeights);
            (sum, count, weight) = (sum + loss, count + labels, weight + batch.LossWeight);
            scored?.Invoke(done += rows.Length);
        }

        return new ModelScore(sum, count, weight);
    }
}
