namespace LisaOrleans.Model;

/// <summary>
/// Direct preference optimisation (arXiv 2305.18290, equation 7): -log σ(β x), where x is by how much more the model has come to
/// favour the chosen answer than the rejected one. With smoothing it is conservative DPO, as TRL's loss_type sigmoid before version 0.29;
/// later versions use label_smoothing for other losses only.
/// </summary>
/// <param name="Beta">How much a departure from the reference costs.</param>
/// <param name="LabelSmoothing">The chance that a pair is the wrong way round, from 0 to below 0.5.</param>
public sealed record DpoLoss(double Beta, double LabelSmoothing = 0) : IPairLoss
{
    /// <inheritdoc/>
    public bool NeedsReference => true;

    /// <inheritdoc/>
    public PairLoss Of(AnswerLogProbs chosen, AnswerLogProbs rejected)
    {
        var (reward, other) = (Beta * (chosen.Sum - chosen.Reference), Beta * (rejected.Sum - rejected.Reference));
        var margin = reward - other;
        var loss = (-(1 - LabelSmoothing) * Logarithms.LogSigmoid(margin)) - (LabelSmoothing * Logarithms.LogSigmoid(-margin));
        var slope = Beta * ((LabelSmoothing * Logarithms.Sigmoid(margin)) - ((1 - LabelSmoothing) * Logarithms.Sigmoid(-margin)));
        return new PairLoss(loss, slope, -slope, reward, other);
    }
}
