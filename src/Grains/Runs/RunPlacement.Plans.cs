using LisaOrleans.Training;

namespace LisaOrleans.Grains;

/// <content>What plans are made for, and when another one is worth moving for.</content>
internal sealed partial class RunPlacement
{
    // What disturbs a silo for a moment is no reason to move parts.
    private static readonly TimeSpan s_measuring = TimeSpan.FromSeconds(10);

    // The silos that the plan is for, in the order of their addresses.
    private IReadOnlyList<TrainingSilo> _plannedFor = [];
    private (RunPlan Of, StagePlan Stages)? _plan;

    // Those that plans are made for. Ones that have just come are taken in when they have loaded what they can, unless there are no others.
    private IReadOnlyList<TrainingSilo> Ready
    {
        get
        {
            var held = LastKnown.Select(s => s.Silo).Concat(_plannedFor.Select(s => s.Address)).ToHashSet();
            TrainingSilo[] ready = [.. Willing.Where(s => held.Contains(s.Address) || _joining.IsReady(s.Address))];
            return ready.Length > 0 ? ready : Willing is { Length: > 0 } willing ? willing : Usable;
        }
    }

    /// <summary>The best placement now.</summary>
    /// <exception cref="NoRoomException">The silos cannot hold the run.</exception>
    public StagePlan Plan()
    {
        if (Pipeline is null && Noted is { } noted) Speeds.Recall(noted.Speeds, noted.Patience);
        IReadOnlyList<TrainingSilo>[] choices = [Ready, Willing];

        // Those that are left out are used only where the others cannot hold the run at all.
        var silos = choices.FirstOrDefault(FitsWell) ?? choices.FirstOrDefault(Fits) ?? Usable;
        var plan = Plan(silos);
        if (!FitsWell(silos)) RunLog.LittleRoom(logger, run.Name);
        return plan;
    }

    private bool Fits(IReadOnlyList<TrainingSilo> silos) => StagePlanner.Fits(run.Plan!.Config, run.Plan.Spec, silos);

    private bool FitsWell(IReadOnlyList<TrainingSilo> silos) => StagePlanner.FitsWell(run.Plan!.Config, run.Plan.Spec, silos);

    private StagePlan Plan(IReadOnlyList<TrainingSilo> silos)
    {
        var (before, now) = (_plannedFor, ByAddress(silos));
        if (!now.SequenceEqual(before)) Speeds.Begin(silos);
        _plannedFor = now;
        var (config, spec, measured) = (run.Plan!.Config, run.Plan.Spec, Speeds.Of(silos, run.Plan.Spec.Threads));
        var best = ReplicaPlanner.Plan(config, spec, measured, Held);

        // A generation that begins for another reason is none to deal the same silos their work anew.
        if (_plan is not { } last || last.Of != run.Plan || !now.SequenceEqual(before)
            || ReplicaPlanner.IsWorthMoving(config, spec, measured, last.Stages, best))
        {
            _plan = (run.Plan, best);
        }

        return _plan.Value.Stages;
    }

    /// <summary>Whether the parts should move.</summary>
    public bool ShouldMove(StagePlan current)
    {
        if (Silos.Changed) Ask().Ignore();
        if (!HasSilos) return Silos.AnyLeaves(current) || Silos.AreTaken;
        // A plan changes the order of silos, on which the next one depends; so of the same silos another one must be better.
        if (ByAddress(Ready).SequenceEqual(_plannedFor))
        {
            TakeIn();
            return IsTooSlow(current);
        }

        try
        {
            return !Plan().SameAs(current);
        }
        catch (NoRoomException)
        {
            // Without the silos that leave there is too little room: the manifest keeps what was done, and the run waits for others.
            return true;
        }
    }

    // Prepares silos that have just come.
    private void TakeIn()
    {
        TrainingSilo[] joining = [.. Willing.Except(Ready)];
        if (_joining.AreLoading || _joining.AreOnTrial(Stages) || joining.Length == 0) return;
        var plan = ReplicaPlanner.Plan(run.Plan!.Config, run.Plan.Spec, Speeds.Of(Willing, run.Plan.Spec.Threads), Held);

        // What is loaded there now is let go of with what the run has, where it then comes to another plan.
        _releases.Note(LastKnown);
        _releases.Note(plan.Stages);
        _joining.Begin([.. joining.Select(s => s.Address)], plan, Pipeline!, parts => Loads = Loads.Add(parts));
    }

    // Whether another plan is worth it, by what the silos have been found to do.
    private bool IsTooSlow(StagePlan current)
    {
        // What a silo does that is tried only shows whether it is as slow as it was.
        if (time.GetElapsedTime(_loaded) < s_measuring && !Speeds.AreTried) return false;
        if (Speeds.FindBetter(run.Plan!.Config, run.Plan.Spec, Ready, current, Held) is not { } better) return false;
        RunLog.EveningOut(
            logger, run.Name, string.Join(", ", Speeds.Compared.Select(s => FormattableString.Invariant($"{s.Address} {s.Speed:0.00}"))));
        Speeds.Moved(better);
        return true;
    }

    private static TrainingSilo[] ByAddress(IEnumerable<TrainingSilo> silos) => [.. silos.OrderBy(s => s.Address, StringComparer.Ordinal)];
}
