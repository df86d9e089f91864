using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>What is told of the pairs of a step or an evaluation, besides their loss.</summary>
public sealed class PairMeans(IPairLoss? loss)
{
    private (double Loss, double Chosen, double Rejected, int Right, int Count) _sum;

    /// <summary>The mean loss of a pair, in nats; NaN where no pair was added.</summary>
    public double Loss => _sum.Loss / _sum.Count;

    /// <summary>The means; null where no pair was added.</summary>
    public PairRewards? Rewards => _sum.Count == 0
        ? null
        : new PairRewards(_sum.Chosen / _sum.Count, _sum.Rejected / _sum.Count, (double)_sum.Right / _sum.Count);

    /// <summary>Adds the pairs of a micro-batch; nothing where it has none.</summary>
    /// <param name="batch">The micro-batch.</param>
    /// <param name="logProbs">The summed log probability of each row's labels, [B].</param>
    public void Add(MicroBatch batch, double[]? logProbs)
    {
        if (loss is null || logProbs is null) return;
        var tokens = batch.LabelsOfRows().ToArray();
        for (var row = 0; row < tokens.Length; row += 2)
        {
            if (tokens[row] == 0 || tokens[row + 1] == 0) continue;
            var pair = loss.Of(Answer(row), Answer(row + 1));
            _sum = (
                _sum.Loss + pair.Loss, _sum.Chosen + pair.ChosenReward, _sum.Rejected + pair.RejectedReward,
                _sum.Right + (pair.ChosenReward > pair.RejectedReward ? 1 : 0), _sum.Count + 1);
        }

        AnswerLogProbs Answer(int row) => new(logProbs[row], tokens[row], batch.ReferenceLogProbs?[row] ?? 0);
    }
}
