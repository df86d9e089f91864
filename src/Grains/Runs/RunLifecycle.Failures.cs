namespace LisaOrleans.Grains;

/// <content>What becomes of a run that a failure has been decided about.</content>
internal sealed partial class RunLifecycle
{
    // Null where the run goes on.
    private async Task<RunPhase.Ended?> Obey(FailureDecision decision, Exception failure)
    {
        switch (decision.Action)
        {
            case FailureAction.WaitForSilos or FailureAction.WaitForRoom:
                RunTelemetry.Waiting(run.Name);
                var (waiting, forSilos) = (new RunPhase.Waiting(decision.Reason), decision.Action == FailureAction.WaitForSilos);
                if (Phase == waiting || (forSilos && (Phase is RunPhase.Queued || !placement.Silos.AreTaken))) return null;

                // Silos that it has had are another run's by now, with their memory.
                if (forSilos || placement.HoldsLost) await Release();
                if (forSilos) await run.Wait(_life.Token);
                Phase = waiting;
                return null;

            case FailureAction.Retry or FailureAction.Pause or FailureAction.Fail
                when !IsToStop && !run.IsAnew && await reach.FindBetter() is { } better:
                // Its parts stay as they are: the next owner takes over what it can.
                await Settle();
                RunLog.CutOff(logger, failure, run.Name, better.ToParsableString());
                return new RunPhase.Ended(RunState.Running, decision.Reason, IsStored: false) { IsElsewhere = true };

            case FailureAction.Retry when !IsToStop:
                await Settle();
                Phase = new RunPhase.Recovering();
                RunLog.Recovering(logger, failure, run.Name, LastStep + 1, run.ManifestStep);
                run.Journal?.Note(new RunRecovering(LastStep + 1, run.ManifestStep, decision.Reason));
                RunTelemetry.Of(run.Name).Recovering();
                return null;

            case FailureAction.Stop:
                return new RunPhase.Ended(((RunEndedException)failure).State, null, IsStored: true);

            case FailureAction.GiveWay or FailureAction.Retry or FailureAction.Pause or FailureAction.Fail when run.IsAnew:
                await Settle();
                return null;

            case FailureAction.GiveWay:
            case FailureAction.Retry or FailureAction.Pause or FailureAction.Fail when await run.IsReplaced():
                return await run.GiveWay(LastStep, decision.Reason);

            case FailureAction.Retry:
                // Nothing is gained by going back to the manifest to stop there, and whoever asked for it waits.
                await Release();
                RunLog.Stopped(logger, failure, run.Name, Wish.ToState(), run.ManifestStep, decision.Reason);
                return await run.End(Wish.ToState(), run.ManifestStep, null, _life.Token);

            case FailureAction.Pause:
                await Release();
                RunLog.Paused(logger, failure, run.Name, run.ManifestStep, decision.Reason);

                // Steps trained since the manifest cannot be saved, so the run is paused at the manifest's step.
                return await run.End(RunState.Paused, run.ManifestStep, decision.Reason, _life.Token);

            default:
                await Release();
                RunLog.Failed(logger, failure, run.Name, decision.Reason);
                return await End(RunState.Failed, decision.Reason);
        }
    }

    private bool IsToStop => Wish is RunWish.Pause or RunWish.Cancel;

    private Task Settle() => _generation?.Manifests.Settle(s_settlePatience) ?? Task.CompletedTask;

    private async Task Release()
    {
        await Settle();
        await placement.Release();
    }
}
