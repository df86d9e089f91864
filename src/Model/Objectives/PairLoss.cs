namespace LisaOrleans.Model;

/// <summary>The loss of one pair.</summary>
/// <param name="Loss">The loss, in nats.</param>
/// <param name="ChosenSlope">Its derivative with respect to the summed log probability of the chosen answer.</param>
/// <param name="RejectedSlope">The same for the rejected answer.</param>
/// <param name="ChosenReward">How much the model favours the chosen answer, as TRL counts it.</param>
/// <param name="RejectedReward">The same for the rejected answer.</param>
public readonly record struct PairLoss(double Loss, double ChosenSlope, double RejectedSlope, double ChosenReward, double RejectedReward);
