namespace LisaOrleans.Training;

/// <summary>
/// Steps of a run under a plan, as the grains do them: micro-batches go through the stages of their replica, as many at one
/// time as the plan says; sums go to the owners of parts as soon as a replica's last micro-batch is through, and new weights
/// come back while the next step begins. Discrete events; a pure function.
/// </summary>
public sealed class StepSimulation
{
    private readonly StepCosts _costs;
    private readonly StagePlan _plan;
    private readonly SimulatedStage[][] _replicas;
    private readonly int[][] _microBatches;
    private readonly int[] _firstLanes;
    private readonly EventQueue _events = new();
    private readonly BulkLinks _links;
    private readonly double _activationSeconds;
    private readonly double _agreeSeconds;
    private readonly double _headSeconds;
    private readonly Action<StageWork>? _observe;

    /// <param name="costs">The run.</param>
    /// <param name="plan">Where its parts are; every silo has one stage.</param>
    /// <param name="rateOf">A silo's multiply-adds a second.</param>
    /// <param name="cluster">The links.</param>
    /// <param name="observe">Hears of all work; null for nobody.</param>
    public StepSimulation(StepCosts costs, StagePlan plan, Func<string, double> rateOf, ClusterShape cluster, Action<StageWork>? observe = null)
    {
        (_costs, _plan, _observe) = (costs, plan, observe);
        var index = 0;
        _replicas = [.. Enumerable.Range(0, plan.Replicas).Select(r => plan.Stages.Where(s => s.Replica == r).Select((s, number) =>
            new SimulatedStage(
                index++, number, [.. s.Parts.Where(p => !IsTiedHead(p)).Select(p => costs[p])], costs.Tokens / rateOf(s.Silo))).ToArray())];
        _microBatches = [.. Enumerable.Range(0, plan.Replicas).Select(r => GradientLanes.Order(costs.MicroBatches, costs.Lanes)
            .Where(i => plan.ReplicaOf(GradientLanes.LaneOf(i, costs.Lanes)) == r).ToArray())];
        _firstLanes = [.. plan.Lanes.Select((_, r) => plan.Lanes.Take(r).Sum())];
        _links = new BulkLinks(index, cluster.LinkBytesPerSecond, cluster.LinkLatency);
        _activationSeconds = (costs.ActivationBytes / cluster.LinkBytesPerSecond) + cluster.LinkLatency;

        // The run asks for norms, and then for the updates: there and back twice.
        _agreeSeconds = index > 1 ? 4 * cluster.LinkLatency : 0;
        var head = costs[PartName.Head];
        _headSeconds = costs.Tied ? (head.Forward + head.Backward) * costs.Tokens / rateOf(plan.SiloOf(PartName.Head)) : 0;
    }

    /// <summary>Simulates some steps one after the other.</summary>
    /// <returns>When each was committed, in seconds.</returns>
    public IReadOnlyList<double> Commits(int steps)
    {
        var commits = new List<double>();
        for (var step = 0; step < steps; step++) commits.Add(Step(step));
        return commits;
    }

    /// <summary>How long the first step takes, and those that follow.</summary>
    public StepTiming Timing()
    {
        var commits = Commits(2);
        return new StepTiming(commits[0], commits[1] - commits[0]);
    }

    private bool IsTiedHead(string part) => _costs.Tied && part == PartName.Head;

    private double Step(int step)
    {
        var (through, sumsThere) = (0, 0.0);
        double? committed = null;
        for (var replica = 0; replica < _replicas.Length; replica++) Walk(replica);
        while (committed is null)
            if (!_events.Next()) throw new InvalidOperationException($"step {step} never ends");
        return committed.Value;

        void Walk(int replica)
        {
            var (stages, own, sent, back) = (_replicas[replica], _microBatches[replica], 0, 0);
            var window = _plan.InFlightOf(replica);
            while (sent < Math.Min(window, own.Length)) Forward(0, sent++);

            void Forward(int stage, int ordinal) => _events.At(Math.Max(_events.Now, stages[stage].WeightsThere), () =>
            {
                var (at, turns) = (stages[stage], stage == stages.Length - 1 && (!_costs.Tied || stage == 0));
                var seconds = at.ForwardSeconds + (turns ? at.BackwardSeconds + _headSeconds : 0);
                at.Add(_events, forward: true, seconds, from =>
                {
                    Observe(stage, ordinal, turns ? StagePass.Turn : StagePass.Forward, from);
                    if (turns) Backed(stage, ordinal);
                    else if (stage < stages.Length - 1) _events.At(_events.Now + _activationSeconds, () => Forward(stage + 1, ordinal));
                    else _events.At(_events.Now + _activationSeconds, () => Head(ordinal));
                });
            });

            void Head(int ordinal) => stages[0].Add(_events, forward: false, _headSeconds, from =>
            {
                Observe(0, ordinal, StagePass.Head, from);
                _events.At(_events.Now + _activationSeconds, () => Backward(stages.Length - 1, ordinal));
            });

            void Backward(int stage, int ordinal) => stages[stage].Add(_events, forward: false, stages[stage].BackwardSeconds, from =>
            {
                Observe(stage, ordinal, StagePass.Backward, from);
                Backed(stage, ordinal);
            });

            void Backed(int stage, int ordinal)
            {
                if (ordinal == own.Length - 1) SendSums(stage);
                if (stage > 0)
                {
                    _events.At(_events.Now + _activationSeconds, () => Backward(stage - 1, ordinal));
                    return;
                }

                back++;
                if (sent < own.Length) Forward(0, sent++);
                if (back == own.Length && ++through == _replicas.Length) _events.At(Math.Max(_events.Now, sumsThere) + _agreeSeconds, Commit);
            }

            // Of a part at the top of a stage they left while the stage was still at work below it.
            void SendSums(int number)
            {
                var stage = stages[number];
                for (var i = stage.Parts.Count - 1; i >= 0; i--)
                {
                    var ready = _events.Now - stage.BackwardSeconds + stage.BackwardUntil[i];
                    Send(stage.Parts[i], stage.Index, ready);
                }

                if (_costs.Tied && number == 0) Send(_costs[PartName.Head], stage.Index, _events.Now);
            }

            void Send(PartCost part, int from, double ready)
            {
                if (!part.Trains || _plan.OwnerOf(part.Name) is var owner && owner == replica) return;
                var bytes = _costs.SumsBytes(part, _firstLanes[replica], _plan.Lanes[replica]);
                sumsThere = Math.Max(sumsThere, _links.Send(from, IndexOf(part.Name, owner), bytes, ready));
            }

            void Observe(int stage, int ordinal, StagePass pass, double from) =>
                _observe?.Invoke(new StageWork(step, replica, stage, own[ordinal], pass, from, _events.Now));
        }

        void Commit()
        {
            committed = _events.Now;
            foreach (var stage in _replicas.SelectMany(s => s)) stage.WeightsThere = 0;
            foreach (var part in _costs.Parts.Where(p => p.Trains))
            {
                var owner = _plan.OwnerOf(part.Name);
                foreach (var replica in Enumerable.Range(0, _replicas.Length).Where(r => r != owner))
                {
                    var bytes = _costs.WeightsBytes(part, _firstLanes[replica], _plan.Lanes[replica]);
                    var there = _links.Send(IndexOf(part.Name, owner), IndexOf(part.Name, replica), bytes, _events.Now);
                    var stage = StageOf(part.Name, replica);
                    stage.WeightsThere = Math.Max(stage.WeightsThere, there - stage.ForwardBefore[stage.PlaceOf(part.Name)]);
                }
            }
        }
    }

    private int IndexOf(string part, int replica) => StageOf(part, replica).Index;

    private SimulatedStage StageOf(string part, int replica) => IsTiedHead(part)
        ? _replicas[replica][0]
        : Array.Find(_replicas[replica], s => s.Parts.Any(p => p.Name == part))!;
}
