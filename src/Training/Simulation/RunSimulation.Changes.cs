namespace LisaOrleans.Training;

/// <content>What machines do, and what the run makes of it.</content>
public sealed partial class RunSimulation
{
    private void Change(ClusterChange change)
    {
        _ledger.Machines(_cluster, Now);
        var silo = _cluster.SiloOf(change.Silo);
        switch (change.Kind)
        {
            case ClusterChangeKind.Join:
                _ledger.Count(nameof(SimulationResult.Joins));
                _cluster.Join(change.Silo, change.Machine);
                Placement.IsChanged = true;

                // When all that come at this moment are there.
                _events.At(Now, () =>
                {
                    if (_phase == Phase.Waiting) Start(SimulatedTime.Waiting);
                });
                break;
            case ClusterChangeKind.Kill when _cluster.IsAlive(silo):
                if (change.Leads is { } leads) _cluster.Lead(silo, leads);
                Kill(silo);
                break;
            case ClusterChangeKind.Notice when _cluster.IsAlive(silo):
                Notice(silo);
                break;
        }
    }

    private void Kill(string silo)
    {
        _ledger.Count(nameof(SimulationResult.Kills));
        _cluster.Die(silo);
        var leads = _cluster.Leader == silo;
        if (_phase != Phase.Waiting && (leads || Uses(silo)))
        {
            // The silo with the run's grain is the one that would have named it, whatever else it holds.
            if (_upload is { } upload) upload.IsLost = true;
            if (_phase != Phase.Broken) Break(_phase == Phase.Stepping ? SimulatedTime.Repeated : KindOf(_phase));
        }

        _events.At(Now + Times.Detection, () => Detect(silo, leads));
    }

    // Whatever was under way never ends.
    private void Break(SimulatedTime spent)
    {
        _ledger.Spend(spent, Now);
        _generation++;
        _phase = Phase.Broken;
    }

    private void Detect(string silo, bool leads)
    {
        var used = Uses(silo);
        _cluster.Remove(silo);
        Placement.IsChanged = true;
        if (leads) _events.At(Now + Times.Wake, Wake);
        else if (_phase == Phase.Waiting) Start(SimulatedTime.Waiting);
        else if (_phase == Phase.Broken && used && _cluster.Leader is not null) Recover();
    }

    private void Wake()
    {
        if (_over || _cluster.Leader is not null) return;
        if (_phase == Phase.Waiting) Start(SimulatedTime.Waiting);
        else Recover();
    }

    private void Notice(string silo)
    {
        _ledger.Count(nameof(SimulationResult.Notices));
        if (!Uses(silo) || _phase == Phase.Waiting)
        {
            Leave(silo);
            return;
        }

        _cluster.Announce(silo);
        Placement.IsChanged = true;
        _events.At(Now + planner.Cluster.NoticeSeconds, () =>
        {
            if (!_cluster.IsAlive(silo)) return;
            _ledger.Machines(_cluster, Now);
            Kill(silo);
        });
        if (_phase == Phase.Loading)
        {
            Start(SimulatedTime.Loading);
        }
        else if (_phase == Phase.Stepping)
        {
            // If it has not ended by then.
            var step = _step;
            Later(Times.StepPatience, () =>
            {
                if (_phase != Phase.Stepping || _step != step) return;
                _ledger.Spend(SimulatedTime.Repeated, Now);
                _generation++;
                Boundary();
            });
        }
    }

    private void Leave(string silo)
    {
        _ledger.Machines(_cluster, Now);
        _cluster.Remove(silo);
        Placement.Lead(_held?.Plan);
        Placement.IsChanged = true;
    }

    private void Recover()
    {
        // A manifest on its way may come to its end first.
        var wait = _upload is { IsLost: false } upload && upload.Done <= Now + Times.SettlePatience ? Math.Max(0, upload.Done - Now) : 0;
        if (wait > 0)
        {
            Later(wait, Recover);
            return;
        }

        _upload = null;
        _ledger.Count(nameof(SimulationResult.Recoveries));
        _ledger.Lose();
        if (_held is { } held) _held = held with { Step = _step };
        _step = _manifest;
        Say(RunMomentKind.WentBack);
        Start(SimulatedTime.Detecting);
    }
}
