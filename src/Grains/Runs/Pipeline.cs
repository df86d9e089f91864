using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Grains;

/// <summary>The parts of one run under one generation, and the calls that go to them.</summary>
internal sealed partial class Pipeline(IGrainFactory grains, RunPlan plan, StagePlan stages, long generation, SiloSpeeds speeds)
{
    private const int RecordsAtOneTime = 500;

    private readonly IReadOnlyList<PartReplicas> _parts = [.. plan.Parts.Select(name => new PartReplicas(
        name,
        [.. Enumerable.Range(0, stages.Replicas).Select(r => PartGrains.Get(grains, plan.Spec.RunName, name, stages.SiloOf(name, r)))],
        [.. Enumerable.Range(0, stages.Replicas).Select(r => stages.SiloOf(name, r))],
        stages.OwnerOf(name)))];

    // What trains in the current period, and the parts that do, in their order.
    private PeriodPlan _period = new(PartTraining.Frozen, []);
    private IReadOnlyList<PartReplicas> _trainable = [];

    // Multiply-adds of a silo's layers for each token, in that period.
    private readonly Dictionary<string, double> _arithmetic = [];

    // New weights of the last step on their way from the owners to other replicas.
    private Task _publishing = Task.CompletedTask;

    // The last step that the scheduler was told of; null before it was asked.
    private long? _told;

    /// <summary>Which silo holds which parts.</summary>
    public StagePlan Stages => stages;

    /// <summary>What the replicas exchange.</summary>
    public ReplicaTransfers Transfers { get; } = new();

    /// <summary>How fast the silos are.</summary>
    public SiloSpeeds Speeds => speeds;

    private ILayerSchedulerGrain Scheduler => grains.GetGrain<ILayerSchedulerGrain>(plan.Spec.RunName);

    /// <summary>Makes exactly the parts train that a period wants to train.</summary>
    /// <param name="period">The period.</param>
    /// <param name="history">The committed steps.</param>
    /// <param name="beforeChange">Called before parts change.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<PeriodPlan> BeginPeriod(
        long period, RunHistory history, Func<CancellationToken, Task> beforeChange, CancellationToken cancellationToken)
    {
        _period = await Ask(period, history, cancellationToken);
        _trainable = [.. _parts.Where(p => _period.Of(p.Name) != PartTraining.Frozen)];
        _arithmetic.Clear();
        await beforeChange(cancellationToken);

        // Freezing comes first, so that the states of two periods never exist at the same time.
        await Train(_parts.Except(_trainable), Idle, cancellationToken);
        await Train(_trainable, _period.Of, cancellationToken);
        return _period;
    }

    /// <summary>Ends the period: the layers that trained in it give up their optimizer state, or fall asleep with it.</summary>
    /// <param name="last">Whether no period follows.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task EndPeriod(bool last, CancellationToken cancellationToken)
    {
        await _publishing.WaitAsync(cancellationToken);
        await Train(
            _trainable.Where(p => PartName.LayerIndex(p.Name) is not null), p => last ? PartTraining.Frozen : Idle(p), cancellationToken);
    }

    /// <summary>Ends training: no part trains any more.</summary>
    public async Task EndTraining(CancellationToken cancellationToken)
    {
        await _publishing.WaitAsync(cancellationToken);
        await Train(_parts, _ => PartTraining.Frozen, cancellationToken);
    }

    /// <summary>
    /// L2 norms of the step's gradients: over all of them, and for each layer that trains, in the layers' order.
    /// </summary>
    public async Task<(double Norm, IReadOnlyList<double> Layers)> GradientNorms(long step, CancellationToken cancellationToken)
    {
        var squares = await Task.WhenAll(_trainable.Select(p => p.Owner.GetSquaredGradientNorm(generation, step, cancellationToken)));

        // Summed in the order of the parts.
        return (Math.Sqrt(squares.Sum()), [.. squares.Where((_, i) => PartName.LayerIndex(_trainable[i].Name) is not null).Select(Math.Sqrt)]);
    }

    /// <summary>Updates what trains.</summary>
    /// <param name="step">The step.</param>
    /// <param name="learningRate">The schedule's rate.</param>
    /// <param name="clip">What gradients are multiplied by.</param>
    /// <param name="endsPeriod">Whether <see cref="EndPeriod"/> comes next.</param>
    /// <param name="next">The micro-batches of the step after it, where nothing else comes before that; null if something may.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task Apply(
        long step, double learningRate, double clip, bool endsPeriod, IReadOnlyList<MicroBatch>? next, CancellationToken cancellationToken)
    {
        var ofLayers = learningRate * Methods.Of(plan.Spec).LayerRate(plan.Spec, step);
        Task[] applied = [.. _trainable.Select(p => PartName.LayerIndex(p.Name) is null
            ? p.Owner.Apply(generation, step, learningRate, clip, isLast: false, cancellationToken)
            : p.Owner.Apply(generation, step, ofLayers, clip, isLast: endsPeriod, cancellationToken))];

        // On their way while the next step begins, in the order in which it needs them; a replica's part waits for them there.
        var queues = new TransferQueues();
        _publishing = Task.WhenAll(_trainable.Zip(applied, (p, task) => p.SendWeights(
            task, generation, step, [.. p.Others.Select(r => RowsOf(p.Name, r, next))], queues, Transfers, cancellationToken)));
        _publishing.Ignore();
        await Task.WhenAll(applied);
    }

    /// <summary>Begins to store all state that changed since the last snapshot.</summary>
    /// <returns>The parts that changed, and how long the silo that copied most of them could not train.</returns>
    public async Task<(IReadOnlyList<string> Parts, TimeSpan Copying)> BeginSnapshot(long step, CancellationToken cancellationToken)
    {
        var copying = await Task.WhenAll(
            _parts.Select(p => On(p.OwnersSilo, p.Owner.BeginSnapshot(generation, step, cancellationToken), cancellationToken)));
        var changed = _parts.Zip(copying).Where(p => p.Second is not null).ToArray();
        return (
            [.. changed.Select(p => p.First.Name)],
            changed.GroupBy(p => p.First.OwnersSilo, p => p.Second!.Value)
                .Select(g => g.Aggregate((a, b) => a + b)).DefaultIfEmpty().Max());
    }

    /// <summary>Copies now what the snapshots of these parts share with those that train and so are about to change.</summary>
    public Task SeparateSnapshot(long step, IReadOnlyList<string> parts, CancellationToken cancellationToken) => Task.WhenAll(
        _trainable.Where(p => parts.Contains(p.Name)).Select(p => p.Owner.SeparateSnapshot(generation, step, cancellationToken)));

    /// <summary>Waits until the snapshots of these parts are in the store.</summary>
    /// <param name="step">The step.</param>
    /// <param name="parts">The parts.</param>
    /// <param name="stored">Told what is in the store, as soon as it is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyDictionary<string, PartState>> CompleteSnapshot(
        long step, IReadOnlyList<string> parts, Action<PartState> stored, CancellationToken cancellationToken)
    {
        var states = await Task.WhenAll(_parts.Where(p => parts.Contains(p.Name)).Select(async p => (p.Name, State: await Complete(p))));
        return states.ToDictionary(s => s.Name, s => s.State);

        async Task<PartState> Complete(PartReplicas part)
        {
            var blobs = await On(part.OwnersSilo, part.Owner.CompleteSnapshot(generation, step, cancellationToken), cancellationToken);
            HasStored = true;
            var state = new PartState
            {
                Weights = blobs.Weights,
                Optimizer = blobs.Optimizer,
                Adapter = blobs.Adapter,
                Parked = blobs.Parked,
            };
            stored(state);
            return state;
        }
    }

    /// <summary>What each part holds, in all replicas together.</summary>
    public async Task<IReadOnlyDictionary<string, PartMemory>> Memory()
    {
        var memory = await Task.WhenAll(_parts.Select(p => Task.WhenAll(p.Grains.Select(g => g.GetMemory()))));
        return _parts.Zip(memory).ToDictionary(p => p.First.Name, p => new PartMemory
        {
            Weights = p.Second.Sum(m => m.Weights),
            Optimizer = p.Second.Sum(m => m.Optimizer),
            Gradients = p.Second.Sum(m => m.Gradients),
            Trainable = p.Second.Any(m => m.Trainable),
        });
    }

    /// <summary>Lets the parts free their memory.</summary>
    public Task Unload() => Task.WhenAll(_parts.SelectMany(p => p.Grains).Select(g => g.Unload(generation)));

    /// <summary>Lets the parts that have moved free their memory where they were before.</summary>
    /// <param name="before">Where parts were, or may have come to be.</param>
    public Task UnloadMoved(IReadOnlyList<StagePlan> before) => Task.WhenAll(
        from part in plan.Parts
        from silo in before.SelectMany(b => b.Holders(part)).Except(stages.Holders(part))
        select PartGrains.Get(grains, plan.Spec.RunName, part, silo).Unload(generation));

    // The scheduler may have been lost with its silo, and then knows only the steps of the last manifest.
    private async Task<PeriodPlan> Ask(long period, RunHistory history, CancellationToken cancellationToken)
    {
        var committed = history.Records.Count;
        _told ??= committed;
        for (var known = -1L; ;)
        {
            StepRecord[] news = [.. history.Records.Skip((int)_told.Value).Take(RecordsAtOneTime)];
            var answer = await Scheduler.BeginPeriod(generation, period, news, cancellationToken);
            _told = answer.Step;
            if (answer.Step == committed && answer.Plan is { } plan) return plan;
            if (answer.Step <= known) throw new InvalidOperationException($"the scheduler knows step {known} of {committed} and learns no more");
            known = answer.Step;
        }
    }

    private PartTraining Idle(string part) =>
        PartName.LayerIndex(part) is null ? PartTraining.Frozen : Methods.Of(plan.Spec).Idle(plan.Spec);

    private Task Train(
        IEnumerable<PartReplicas> parts, Func<string, PartTraining> training, CancellationToken cancellationToken) =>
        Task.WhenAll(parts.SelectMany(p => p.Grains.Select(g => g.Train(generation, training(p.Name), cancellationToken))));
}
