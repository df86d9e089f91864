namespace LisaOrleans.Model;

/// <summary>
/// A loss over pairs of answers to one prompt, as a function of how likely the model finds the two. Pure, in double precision; the
/// head turns its slopes into weights of the tokens' cross-entropies.
/// </summary>
public interface IPairLoss
{
    /// <summary>Whether it compares with the model that the run began with.</summary>
    bool NeedsReference { get; }

    /// <summary>The loss of one pair.</summary>
    /// <param name="chosen">The answer that is preferred.</param>
    /// <param name="rejected">The other one.</param>
    PairLoss Of(AnswerLogProbs chosen, AnswerLogProbs rejected);
}
