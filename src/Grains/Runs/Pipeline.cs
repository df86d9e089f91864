using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Grains;

/// <summary>The parts of one run under one generation, and the calls that go to them.</summary>
internal sealed class Pipeline(IGrainFactory grains, RunPlan plan, StagePlan stages, long generation)
{
    private const int RecordsAtOneTime = 500;

    private readonly IReadOnlyList<(string Name, IPartGrain Grain)> _parts =
        [.. plan.Parts.Select(name => (name, PartGrains.Get(grains, plan.Spec.RunName, name, stages.SiloOf(name))))];

    // What trains in the current period, and the parts that do, in their order.
    private PeriodPlan _period = new(PartTraining.Frozen, []);
    private IReadOnlyList<(string Name, IPartGrain Grain)> _trainable = [];

    // The last step that the scheduler was told of; null before it was asked.
    private long? _told;

    /// <summary>Which silo holds which parts.</summary>
    public StagePlan Stages => stages;

    /// <summary>Micro-batches on their way at one time: one for each stage, and one that is between two of them.</summary>
    private int InFlight => stages.Stages.Count > 1 ? stages.Stages.Count + 1 : 1;

    private IPartGrain First => _parts[0].Grain;

    private ILayerSchedulerGrain Scheduler => grains.GetGrain<ILayerSchedulerGrain>(plan.Spec.RunName);

    /// <summary>Puts every part into the state of a manifest; returns how each got there.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="before">Where the parts were; null if that is not known.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<PartLoaded[]> Load(Manifest manifest, StagePlan? before, CancellationToken cancellationToken) =>
        Task.WhenAll(_parts.Select((part, i) =>
        {
            var state = manifest.Parts.TryGetValue(part.Name, out var found)
                ? found
                : throw new InvalidDataFileException($"manifest of {manifest.Run}", $"part '{part.Name}' is missing");
            return part.Grain.Load(
                new PartLoad
                {
                    Generation = generation,
                    Step = manifest.Step,
                    Spec = plan.Spec,
                    ConfigJson = plan.ConfigJson,
                    Weights = state.Weights,
                    Optimizer = state.Optimizer,
                    Adapter = state.Adapter,
                    Parked = state.Parked,
                    Next = i + 1 < _parts.Count ? _parts[i + 1].Name : null,
                    NextSilo = i + 1 < _parts.Count ? stages.SiloOf(_parts[i + 1].Name) : null,
                    HeldBy = before?.FindSilo(part.Name) is { } silo && silo != stages.SiloOf(part.Name) ? silo : null,
                },
                cancellationToken);
        }));

    /// <summary>Makes exactly the parts train that a period wants to train.</summary>
    /// <param name="period">The period.</param>
    /// <param name="history">The committed steps.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<PeriodPlan> BeginPeriod(long period, RunHistory history, CancellationToken cancellationToken)
    {
        _period = await Ask(period, history, cancellationToken);
        _trainable = [.. _parts.Where(p => _period.Of(p.Name) != PartTraining.Frozen)];

        // Freezing comes first, so that the states of two periods never exist at the same time.
        await Train(_parts.Except(_trainable), Idle, cancellationToken);
        await Train(_trainable, _period.Of, cancellationToken);
        return _period;
    }

    /// <summary>Ends the period: the layers that trained in it give up their optimizer state, or fall asleep with it.</summary>
    /// <param name="last">Whether no period follows.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task EndPeriod(bool last, CancellationToken cancellationToken) => Train(
        _trainable.Where(p => PartName.LayerIndex(p.Name) is not null), p => last ? PartTraining.Frozen : Idle(p), cancellationToken);

    /// <summary>Ends training: no part trains any more.</summary>
    public Task EndTraining(CancellationToken cancellationToken) => Train(_parts, _ => PartTraining.Frozen, cancellationToken);

    /// <summary>Sends micro-batches through the parts; the results come in the same order.</summary>
    public async Task<MicroBatchResult[]> Run(
        long step, IReadOnlyList<MicroBatch> batches, bool train, double lossScale, CancellationToken cancellationToken)
    {
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var room = new SemaphoreSlim(InFlight);
        return await Task.WhenAll(batches.Select(One));

        async Task<MicroBatchResult> One(MicroBatch batch, int index)
        {
            await room.WaitAsync(failed.Token);
            try
            {
                return await First.Run(Call(step, index, batch, train, lossScale), failed.Token);
            }
            catch
            {
                await failed.CancelAsync();
                throw;
            }
            finally
            {
                room.Release();
            }
        }
    }

    /// <summary>The call of the first part that sends a micro-batch on its way.</summary>
    public MicroBatchCall Call(long step, int index, MicroBatch batch, bool train, double lossScale) => new()
    {
        Generation = generation,
        Step = step,
        Index = index,
        Train = train,
        LossScale = lossScale,
        Data = batch,
    };

    /// <summary>
    /// L2 norms of the step's gradients: over all of them, and for each layer that trains, in the layers' order.
    /// </summary>
    public async Task<(double Norm, IReadOnlyList<double> Layers)> GradientNorms(long step, CancellationToken cancellationToken)
    {
        var squares = await Task.WhenAll(_trainable.Select(p => p.Grain.GetSquaredGradientNorm(generation, step, cancellationToken)));

        // Summed in the order of the parts.
        return (Math.Sqrt(squares.Sum()), [.. squares.Where((_, i) => PartName.LayerIndex(_trainable[i].Name) is not null).Select(Math.Sqrt)]);
    }

    /// <summary>Updates what trains; the rate is the schedule's.</summary>
    public Task Apply(long step, double learningRate, double clip, CancellationToken cancellationToken)
    {
        var ofLayers = learningRate * Methods.Of(plan.Spec).LayerRate(plan.Spec, step);
        return Task.WhenAll(_trainable.Select(p => p.Grain.Apply(
            generation, step, PartName.LayerIndex(p.Name) is null ? learningRate : ofLayers, clip, cancellationToken)));
    }

    /// <summary>Copies all state that changed since the last snapshot; returns the parts that changed.</summary>
    public async Task<IReadOnlyList<string>> BeginSnapshot(long step, CancellationToken cancellationToken)
    {
        var changed = await Task.WhenAll(_parts.Select(p => p.Grain.BeginSnapshot(generation, step, cancellationToken)));
        return [.. _parts.Where((_, i) => changed[i]).Select(p => p.Name)];
    }

    /// <summary>Waits until the copies of these parts are in the store.</summary>
    public async Task<IReadOnlyDictionary<string, PartState>> CompleteSnapshot(
        long step, IReadOnlyList<string> parts, CancellationToken cancellationToken)
    {
        var blobs = await Task.WhenAll(_parts.Where(p => parts.Contains(p.Name)).Select(async p =>
            (p.Name, Blobs: await p.Grain.CompleteSnapshot(generation, step, cancellationToken))));
        return blobs.ToDictionary(b => b.Name, b => new PartState
        {
            Weights = b.Blobs.Weights,
            Optimizer = b.Blobs.Optimizer,
            Adapter = b.Blobs.Adapter,
            Parked = b.Blobs.Parked,
        });
    }

    public async Task<IReadOnlyDictionary<string, PartMemory>> Memory()
    {
        var memory = await Task.WhenAll(_parts.Select(p => p.Grain.GetMemory()));
        return _parts.Select((p, i) => (p.Name, memory[i])).ToDictionary(p => p.Name, p => p.Item2);
    }

    /// <summary>Lets the parts free their memory.</summary>
    public Task Unload() => Task.WhenAll(_parts.Select(p => p.Grain.Unload(generation)));

    /// <summary>Lets the parts that have moved free their memory where they were before.</summary>
    /// <param name="before">Where parts were.</param>
    public Task UnloadMoved(StagePlan before) => Task.WhenAll(
        from part in plan.Parts
        let silo = before.FindSilo(part)
        where silo is not null && silo != stages.SiloOf(part)
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
        IEnumerable<(string Name, IPartGrain Grain)> parts, Func<string, PartTraining> training, CancellationToken cancellationToken) =>
        Task.WhenAll(parts.Select(p => p.Grain.Train(generation, training(p.Name), cancellationToken)));
}
