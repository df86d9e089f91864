namespace LisaOrleans.Grains;

/// <summary>What is to be done about the failure that was just met.</summary>
/// <param name="Action">What.</param>
/// <param name="Pause">How long to wait first, if the run goes on.</param>
/// <param name="Reason">The failure in a sentence, for people.</param>
internal sealed record FailureDecision(FailureAction Action, TimeSpan Pause, string Reason);
