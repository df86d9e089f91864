namespace LisaOrleans.Model;

/// <summary>How likely a model finds an answer.</summary>
/// <param name="Sum">Sum of the log probabilities of its tokens, in nats.</param>
/// <param name="Tokens">How many tokens, at least 1.</param>
/// <param name="Reference">The sum that the model gave with which the run began; 0 for losses that need none.</param>
public readonly record struct AnswerLogProbs(double Sum, int Tokens, double Reference = 0)
{
    /// <summary>The mean log probability of its tokens.</summary>
    public double Mean => Sum / Tokens;
}
