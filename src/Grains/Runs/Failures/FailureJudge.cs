namespace LisaOrleans.Grains;

/// <summary>
/// Applies a <see cref="FailurePolicy"/> to the failures of a run as they come, and knows when patience has run out.
/// </summary>
internal sealed class FailureJudge(FailurePolicy policy, TimeProvider time)
{
    private int _failures;
    private long _progress = -1;
    private long _failedAt = -1;
    private long _failingSince;
    private long _waitingSince = time.GetTimestamp();

    /// <summary>A generation ended without a failure.</summary>
    public void Succeeded() => (_failures, _waitingSince) = (0, time.GetTimestamp());

    /// <summary>What to do about a failure.</summary>
    /// <param name="failure">The failure.</param>
    /// <param name="step">The last committed step.</param>
    /// <param name="began">The step of the manifest that the generation began with.</param>
    public FailureDecision Decide(Exception failure, long step, long began)
    {
        var action = policy.ActionFor(failure);

        // Silos that a run does not have are not too small for it.
        if (action == FailureAction.WaitForSilos) _waitingSince = time.GetTimestamp();
        return action switch
        {
            FailureAction.WaitForSilos => new(action, policy.WaitPause, failure.Message),
            FailureAction.WaitForRoom when time.GetElapsedTime(_waitingSince) < policy.RoomPatience => new(action, policy.WaitPause, failure.Message),
            FailureAction.WaitForRoom => new(FailureAction.Fail, default, failure.Message),
            FailureAction.Retry => Retry(failure, step, began),
            _ => new(action, default, failure.Message),
        };
    }

    private FailureDecision Retry(Exception failure, long step, long began)
    {
        // Steps that are repeated are progress, too: manifests may be further apart than silos live. What fails each time at the same step is not.
        // And to find out which silo it is, each is to have its turn.
        var isNew = step > _progress || (step > began && step != _failedAt) || failure is SiloFailedException { IsNews: true };
        _failures = isNew ? 1 : _failures + 1;
        if (_failures == 1) _failingSince = time.GetTimestamp();
        (_progress, _failedAt) = (Math.Max(_progress, step), step);
        _waitingSince = time.GetTimestamp();
        if (_failures > policy.MaxRetries && time.GetElapsedTime(_failingSince) > policy.RetryPatience)
            return new(FailureAction.Fail, default, $"step {step + 1} failed {_failures} times in a row: {failure.Message}");
        var pause = policy.RetryPause * Math.Pow(2, Math.Min(_failures, 10));
        return new(FailureAction.Retry, pause < policy.LongestRetryPause ? pause : policy.LongestRetryPause, failure.Message);
    }
}
