namespace LisaOrleans.Model;

/// <summary>
/// Odds ratio preference optimisation (arXiv 2403.07691, equations 6 and 7): the mean cross-entropy of the chosen answer's tokens, and
/// β times -log σ of the log ratio of the two answers' odds, by their mean log probabilities.
/// </summary>
/// <param name="Beta">How much the ratio counts; λ in the paper.</param>
public sealed record OrpoLoss(double Beta) : IPairLoss
{
    // An answer that is certain would have infinite odds.
    private const double MostLikely = -1e-12;

    /// <inheritdoc/>
    public bool NeedsReference => false;

    /// <inheritdoc/>
    public PairLoss Of(AnswerLogProbs chosen, AnswerLogProbs rejected)
    {
        var (mean, other) = (Math.Min(chosen.Mean, MostLikely), Math.Min(rejected.Mean, MostLikely));
        var ratio = mean - Logarithms.LogOneMinusExp(mean) - (other - Logarithms.LogOneMinusExp(other));
        var pull = Beta * Logarithms.Sigmoid(-ratio);

        // The derivative of a log of odds is 1 / (1 - p).
        return new PairLoss(
            -mean - (Beta * Logarithms.LogSigmoid(ratio)),
            (-1 + (pull / Logarithms.ExpMinusOne(mean))) / chosen.Tokens,
            -pull / Logarithms.ExpMinusOne(other) / rejected.Tokens,
            Beta * mean, Beta * other);
    }
}
