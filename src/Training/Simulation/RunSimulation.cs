namespace LisaOrleans.Training;

/// <summary>
/// A run on machines that come and go, step by step as a cluster does it: manifests in the background, deaths that are noticed later, new
/// generations from the last manifest, moves at step boundaries. Discrete events; a pure function of its arguments.
/// </summary>
/// <param name="planner">Plans the run.</param>
/// <param name="changes">Which machines come and go.</param>
/// <param name="totalSteps">Steps of the run; with <see cref="long.MaxValue"/> only the horizon ends it.</param>
/// <param name="horizon">When it is over at the latest, in seconds.</param>
/// <param name="observe">Hears what happens; null for nobody.</param>
public sealed partial class RunSimulation(
    RunPlanner planner, IReadOnlyList<ClusterChange> changes, long totalSteps, double horizon, Action<RunMoment>? observe = null)
{
    private readonly EventQueue _events = new();
    private readonly SimulatedCluster _cluster = new();
    private readonly SimulationLedger _ledger = new(planner);
    private readonly LoadTimes _loads = new(planner.Costs, planner.Cluster);

    private Phase _phase = Phase.Waiting;
    private int _generation;
    private long _step;
    private long _manifest;
    private PlannedRun? _planned;

    // Where parts were last loaded, and the step that those which train are at.
    private (StagePlan Plan, long Step)? _held;
    private Upload? _upload;
    private bool _isFirst;
    private bool _over;

    private enum Phase
    {
        Waiting,
        Loading,
        Stepping,
        Saving,
        Broken,
    }

    private ProtocolTimes Times => planner.Cluster.Times;

    private double Now => _events.Now;

    private SimulatedPlacement Placement => field ??= new(planner, _cluster, _events, _loads);

    /// <summary>Simulates the run to its end, or to the horizon. Can be called once.</summary>
    public SimulationResult Run()
    {
        foreach (var change in changes.Where(c => c.At <= horizon)) _events.At(change.At, () => Change(change));
        _events.At(horizon, () => End(KindOf(_phase)));
        while (!_over && _events.Next())
        {
        }

        return _ledger.Result(_step, Now);
    }

    // A new generation, from the manifest that the run is at.
    private void Start(SimulatedTime spent)
    {
        _ledger.Spend(spent, Now);
        _generation++;
        Placement.Lead(_held?.Plan);
        _planned = Placement.Choose();
        if (_planned is not { Plan: var plan })
        {
            _phase = Phase.Waiting;
            foreach (var silo in _cluster.Leaving) Leave(silo);
            return;
        }

        Placement.Place(plan);
        if (!plan.Stages.All(s => _cluster.IsAlive(s.Silo)))
        {
            // Some silo is gone already, and will not answer.
            _phase = Phase.Broken;
            return;
        }

        _phase = Phase.Loading;
        var before = _held is { } held ? held.Plan.On(held.Plan.Stages.Select(s => s.Silo).Where(_cluster.IsAlive).ToHashSet()) : null;
        Later(_loads.Load(plan, before, _held?.Step == _manifest, Placement.Ahead, hasState: _manifest > 0), Loaded);
    }

    private void Loaded()
    {
        _ledger.Spend(SimulatedTime.Loading, Now);
        (_held, _isFirst) = ((_planned!.Plan, _step), true);
        Placement.Loaded();
        Say(RunMomentKind.Loaded);
        foreach (var silo in _cluster.Leaving.Where(s => !Uses(s))) Leave(silo);
        Boundary();
    }

    private void Boundary()
    {
        if (_step >= totalSteps)
        {
            Save(completes: true, () => End(SimulatedTime.Saving));
        }
        else if (ShouldMove())
        {
            Save(completes: true, () =>
            {
                _ledger.Count(nameof(SimulationResult.Moves));
                if (_held is { } held) _held = held with { Step = _step };
                Start(SimulatedTime.Saving);
            });
        }
        else
        {
            _phase = Phase.Stepping;
            Later(_isFirst ? _planned!.Timing.FirstSeconds : _planned!.Timing.Seconds, Commit);
        }
    }

    private bool ShouldMove()
    {
        if (!Placement.IsChanged) return false;
        Placement.IsChanged = false;
        if (Placement.IsForThose)
        {
            Placement.TakeIn(_planned!.Plan);
            return false;
        }

        // Others may still be waiting to be taken in.
        Placement.IsChanged = true;
        return Placement.Choose() is not { Plan: var best } || !best.SameAs(_planned!.Plan);
    }

    private void Commit()
    {
        _isFirst = false;
        _ledger.Commit(++_step, Now);
        Say(RunMomentKind.Committed);
        if (_step < totalSteps && planner.Spec.SaveSteps > 0 && _step % planner.Spec.SaveSteps == 0) Save(completes: false, Boundary);
        else Boundary();
    }

    // Waits for the upload before, copies, and uploads in the background or, where it completes, to the end.
    private void Save(bool completes, Action then)
    {
        _phase = Phase.Saving;
        var isNew = _step > (_upload?.Step ?? _manifest);
        var copied = Math.Max(Now, _upload?.Done ?? 0) + (isNew ? _loads.Copy(_planned!.Plan) : 0);
        Later(copied - Now, () =>
        {
            var done = Now + (isNew ? _loads.Upload(_planned!.Plan) : 0);
            if (isNew)
            {
                var upload = _upload = new Upload(_step, done);
                _events.At(done, () => Uploaded(upload));
            }

            if (completes) Later(done - Now, Go);
            else Go();
        });

        void Go()
        {
            _ledger.Spend(SimulatedTime.Saving, Now);
            then();
        }
    }

    private void Uploaded(Upload upload)
    {
        if (_upload != upload || upload.IsLost) return;
        (_upload, _manifest) = (null, upload.Step);
        _ledger.Saved(_manifest);
        observe?.Invoke(new RunMoment(Now, RunMomentKind.Saved, _manifest));
    }

    private void End(SimulatedTime spent)
    {
        _ledger.Spend(spent, Now);
        _ledger.Machines(_cluster, Now);
        _over = true;
    }

    private bool Uses(string silo) => _planned?.Plan.Uses(silo) == true;

    private void Say(RunMomentKind kind) => observe?.Invoke(new RunMoment(Now, kind, _step));

    // Unless the generation is over by then.
    private void Later(double seconds, Action happens)
    {
        var generation = _generation;
        _events.At(Now + seconds, () =>
        {
            if (generation == _generation) happens();
        });
    }

    private static SimulatedTime KindOf(Phase phase) => phase switch
    {
        Phase.Waiting => SimulatedTime.Waiting,
        Phase.Loading => SimulatedTime.Loading,
        Phase.Stepping => SimulatedTime.Training,
        Phase.Saving => SimulatedTime.Saving,
        _ => SimulatedTime.Detecting,
    };

    /// <summary>A manifest on its way to the store.</summary>
    private sealed record Upload(long Step, double Done)
    {
        public bool IsLost { get; set; }
    }
}
