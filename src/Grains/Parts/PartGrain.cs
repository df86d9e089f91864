using System.Diagnostics;
using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using LisaOrleans.Training;
using Orleans.Concurrency;
using static TorchSharp.torch;

namespace LisaOrleans.Grains;

/// <summary>
/// What embedding, layer and head have in common: loading, optimizer state, updates and snapshots. Reentrant, so that
/// several micro-batches can be on their way; the device's thread does the work, one piece at a time.
/// </summary>
/// <remarks>
/// Work is queued to the device with the generation it belongs to and looks at it again when its turn comes: what an
/// earlier generation left in the queue fails instead of touching the new one's gradients.
/// </remarks>
[Reentrant]
internal abstract class PartGrain<TPart>(PartServices services) : Grain, IPartGrain
    where TPart : ModelPart
{
    private static readonly TimeSpan s_orphanPeriod = TimeSpan.FromSeconds(15);

    private readonly MicroBatchOrder _forwardPasses = new();
    private readonly MicroBatchOrder _backwardPasses = new();
    private readonly CancellationTokenSource _life = new();
    private CancellationTokenSource _current = new();
    private int _threads = 1;
    private long _generation;
    private long _appliedStep;

    // Rises with every change of weights or state; the stored version is the one that the blobs below hold.
    private long _version;
    private long _storedVersion = -1;
    private BlobRef? _weights;
    private BlobRef? _optimizer;
    private PartSnapshot? _snapshot;
    private IReadOnlyList<TensorTicket> _offer = [];
    private long _orphanedBy;
    private IPartGrain? _next;
    private bool _nextIsHere;
    private IGrainTimer? _orphanCheck;

    protected PartServices Services => services;

    protected string RunId => PartName.Parse(this.GetPrimaryKeyString()).Run;

    protected string PartId => PartName.Parse(this.GetPrimaryKeyString()).Part;

    /// <summary>The loaded part; touched on the device's thread only, but for its flags.</summary>
    protected TPart? Part { get; private set; }

    protected long Generation => Volatile.Read(ref _generation);

    private string Key => this.GetPrimaryKeyString();

    protected IPartGrain Next => _next ?? throw new InvalidOperationException($"{PartId} has no next part");

    public async Task<PartLoaded> Load(PartLoad load, CancellationToken cancellationToken)
    {
        await EnterGeneration(load.Generation);
        _threads = load.Spec.Threads;
        DelayDeactivation(TimeSpan.FromDays(365));
        _next = load.Next is null ? null : PartGrains.Get(GrainFactory, RunId, load.Next, load.NextSilo!);
        _nextIsHere = load.NextSilo == services.Silo.SiloAddress.ToParsableString();
        _orphanCheck ??= this.RegisterGrainTimer(LeaveIfOrphaned, s_orphanPeriod, s_orphanPeriod);
        await FinishSnapshot();

        await OnDevice(load.Generation, () =>
        {
            // Here, behind the work of earlier generations that was under way.
            services.Exchange.DiscardBefore(RunId, load.Generation);
            Part?.DiscardMicroBatches();
            Part?.DiscardGradients();
        }, cancellationToken: cancellationToken);
        if (Holds(load.Weights, load.Optimizer))
        {
            _appliedStep = load.Step;
            return new PartLoaded(PartSource.Kept, 0);
        }

        var loaded = await LoadState(load, cancellationToken);
        (_weights, _optimizer, _appliedStep) = (load.Weights, load.Optimizer, load.Step);
        _storedVersion = ++_version;
        return loaded;
    }

    public async Task<PartHandOver?> HandOver(long generation, BlobRef weights, BlobRef? optimizer, CancellationToken cancellationToken)
    {
        // From here on nobody of an earlier generation can change what is being handed over.
        await EnterGeneration(generation);
        if (Part is null) DeactivateOnIdle();
        return await OnDevice(generation, () =>
        {
            DiscardOffer();
            if (!Holds(weights, optimizer)) return null;
            var shared = Part!.Trainable ? Part.ShareTrainingState() : Part.ShareWeights();
            _offer = [.. shared.Select(t => services.Exchange.Publish(t.Value, RunId, generation))];
            return new PartHandOver(_offer, Part.StateStep);
        }, cancellationToken: cancellationToken);
    }

    public Task SetTrainable(long generation, bool trainable, CancellationToken cancellationToken) =>
        OnDevice(generation, () =>
        {
            if (Part!.Trainable == trainable) return;

            // First: whatever a failure in between leaves behind is then not taken for what the store holds.
            _version++;
            if (trainable) Part.MakeTrainable();
            else Part.Freeze();
        }, cancellationToken: cancellationToken);

    public async Task<MicroBatchResult> Run(MicroBatchCall call, CancellationToken cancellationToken)
    {
        CheckGeneration(call.Generation);
        using var span = PartTelemetry.MicroBatch(Key, call);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _current.Token);
        return await RunMicroBatch(call, linked.Token);
    }

    public Task<double> GetSquaredGradientNorm(long generation, long step, CancellationToken cancellationToken) =>
        OnDevice(generation, () => Part!.SquaredGradientNorm(), cancellationToken: cancellationToken);

    public Task Apply(long generation, long step, double learningRate, double clip, CancellationToken cancellationToken) =>
        OnDevice(generation, () =>
        {
            if (step <= _appliedStep) return;
            _version++;
            Part!.Apply(learningRate, clip);
            _appliedStep = step;
        }, cancellationToken: cancellationToken);

    public async Task<bool> BeginSnapshot(long generation, long step, CancellationToken cancellationToken)
    {
        await FinishSnapshot();
        if (_version == _storedVersion) return false;

        var (optimizer, copy, stateStep, version) = await OnDevice(generation, () => Part!.Trainable
            ? (true, Part.CopyTrainingState(), Part.StateStep, _version)
            : (false, Part.CopyWeights(), 0L, _version), cancellationToken: cancellationToken);
        _snapshot = PartSnapshot.Start(
            services.Store, copy, optimizer ? PartStorage.StateMetadata(stateStep) : null, optimizer, version, _life.Token);
        return true;
    }

    public async Task<PartBlobs> CompleteSnapshot(long generation, long step, CancellationToken cancellationToken)
    {
        CheckGeneration(generation);
        if (_snapshot is { } snapshot)
        {
            var blob = await snapshot.Upload.WaitAsync(cancellationToken);
            CheckGeneration(generation);
            _optimizer = snapshot.IsOptimizer ? blob : null;
            if (!snapshot.IsOptimizer) _weights = blob;
            _storedVersion = snapshot.Version;
            if (ReferenceEquals(_snapshot, snapshot)) _snapshot = null;
        }

        return new PartBlobs(_weights!, _optimizer);
    }

    public Task<PartMemory> GetMemory() => services.Worker.Run(WorkPriority.Control, () => Part is null
        ? new PartMemory()
        : new PartMemory
        {
            Weights = Part.WeightBytes,
            Optimizer = Part.OptimizerBytes,
            Gradients = Part.GradientBytes,
            Trainable = Part.Trainable,
        });

    public async Task Unload(long generation)
    {
        await EnterGeneration(generation);
        await Free();
        DeactivateOnIdle();
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await Free();
        await base.OnDeactivateAsync(reason, cancellationToken);
    }

    /// <summary>The part's parameters.</summary>
    protected abstract IReadOnlyList<ParameterSpec> Specs(ModelConfig config);

    /// <summary>Makes the part, which owns the weights. On the device's thread.</summary>
    protected abstract TPart Create(ModelConfig config, PartDtypes dtypes, AdamWOptions options, TrainingSpec spec, Dictionary<string, Tensor> weights);

    /// <summary>Forward is this call, backward is its return.</summary>
    protected abstract Task<MicroBatchResult> RunMicroBatch(MicroBatchCall call, CancellationToken cancellationToken);

    /// <summary>Queues work of a generation; it fails if that generation was replaced before its turn.</summary>
    protected Task<T> OnDevice<T>(
        long generation, Func<T> work, WorkOrder order = default, CancellationToken cancellationToken = default)
    {
        CheckGeneration(generation);
        var caller = Activity.Current;
        return services.Worker.Run(
            order,
            () =>
            {
                CheckGeneration(generation);
                using var span = PartTelemetry.Work(order.Priority, caller);
                services.Worker.UseThreads(_threads);
                var result = work();
                if (Part is not null) PartTelemetry.Measure(Key, Part);
                return result;
            },
            cancellationToken);
    }

    protected Task OnDevice(
        long generation, Action work, WorkOrder order = default, CancellationToken cancellationToken = default) =>
        OnDevice(
            generation,
            () =>
            {
                work();
                return true;
            },
            order,
            cancellationToken);

    /// <summary>
    /// Runs a forward pass on the device, in training in the order of micro-batches: calls overtake each other, and gradients
    /// are summed in that order, so what came too early would only fill the pipeline.
    /// </summary>
    /// <returns>Its result, and the order that it had.</returns>
    protected Task<(T Result, WorkOrder Order)> Forward<T>(MicroBatchCall call, Func<T> work, CancellationToken cancellationToken)
    {
        return call.Train ? _forwardPasses.Begin(call.Step, call.Index, Queue, cancellationToken) : Queue();

        async Task<(T Result, WorkOrder Order)> Queue()
        {
            var order = new WorkOrder(WorkPriority.Forward, call.Turn ?? services.Worker.NewTurn(), Continues: _nextIsHere);
            return (await OnDevice(call.Generation, work, order, cancellationToken), order);
        }
    }

    /// <summary>
    /// Runs a backward pass on the device, or the head, in training one after the other in the order of micro-batches: turns
    /// rise with them, and gradients are summed in that order.
    /// </summary>
    /// <param name="call">The call.</param>
    /// <param name="turn">The turn that it continues: that of the part it comes from; the head continues its own way here.</param>
    /// <param name="work">What to do.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Its result, and the order that it had.</returns>
    protected async Task<(T Result, WorkOrder Order)> Backward<T>(
        MicroBatchCall call, long? turn, Func<T> work, CancellationToken cancellationToken)
    {
        if (call.Train) await _backwardPasses.Enter(call.Step, call.Index, cancellationToken);
        var order = new WorkOrder(
            WorkPriority.Backward, turn ?? services.Worker.NewTurn(), Continues: call is { Turn: not null, InputGradient: true });
        var result = await OnDevice(call.Generation, work, order, cancellationToken);
        if (call.Train) _backwardPasses.Leave();
        return (result, order);
    }

    /// <summary>Makes a tensor known to the next part, or the one before; on the device's thread.</summary>
    protected TensorTicket Publish(Tensor tensor, MicroBatchCall call) => services.Exchange.Publish(tensor, RunId, call.Generation);

    /// <summary>Calls the next part; a failure frees the activation that it did not get.</summary>
    protected async Task<MicroBatchResult> CallNext(
        MicroBatchCall call, TensorTicket activation, bool inputGradient, WorkOrder forward, CancellationToken cancellationToken)
    {
        try
        {
            return await Next.Run(
                call with { Activation = activation, InputGradient = inputGradient, Turn = forward.Continued }, cancellationToken);
        }
        catch
        {
            services.Exchange.Discard(activation);
            throw;
        }
    }

    private async Task<PartLoaded> LoadState(PartLoad load, CancellationToken cancellationToken)
    {
        var config = ModelConfigReader.Parse(load.ConfigJson, $"{RunId}/config.json");
        var dtypes = PartDtypes.Parse(load.Spec.Dtype, load.Spec.OptimizerStateDtype);
        var options = new AdamWOptions(load.Spec.AdamBeta1, load.Spec.AdamBeta2, load.Spec.AdamEpsilon, load.Spec.WeightDecay);
        var specs = Specs(config);
        var handedOver = load.HeldBy is not { } silo
            ? null
            : await services.Receiver.Receive(PartGrains.Get(GrainFactory, RunId, PartId, silo), PartId, load, specs, dtypes, cancellationToken);
        using var state = handedOver ?? await StoredPartState.Read(services.Store, load, specs, dtypes, cancellationToken);
        await OnDevice(load.Generation, () =>
        {
            Release();
            var weights = state.TakeWeights(services.Worker.Device);
            TPart part;
            try
            {
                part = Create(config, dtypes, options, load.Spec, weights);
            }
            catch
            {
                foreach (var weight in weights.Values) weight.Dispose();
                throw;
            }

            try
            {
                state.RestoreTrainingState(part);
            }
            catch
            {
                part.Dispose();
                throw;
            }

            Part = part;
            services.LocalParts.Set(RunId, PartId, part);
        }, cancellationToken: cancellationToken);
        return state.Loaded;
    }

    // Whether the part is in just the state of these blobs.
    private bool Holds(BlobRef weights, BlobRef? optimizer) =>
        Part is not null && _version == _storedVersion && weights == _weights && optimizer == _optimizer;

    private async Task EnterGeneration(long generation)
    {
        if (generation < _generation) throw new StaleGenerationCallException(PartId, generation, _generation);
        Volatile.Write(ref _generation, generation);
        services.LocalParts.Fence(RunId, PartId, generation);
        var before = _current;
        _current = CancellationTokenSource.CreateLinkedTokenSource(_life.Token);
        ResetPasses();
        await before.CancelAsync();
        before.Dispose();
    }

    private void ResetPasses()
    {
        _forwardPasses.Reset();
        _backwardPasses.Reset();
    }

    private void DiscardOffer()
    {
        foreach (var ticket in _offer) services.Exchange.Discard(ticket);
        _offer = [];
    }

    // A snapshot of an earlier attempt whose outcome nobody asked for. Its failure is of no interest any more: the state
    // that it copied is still marked as changed, so the next snapshot takes it again.
    private async Task FinishSnapshot()
    {
        if (_snapshot is not { } snapshot) return;
        await snapshot.Upload.ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        if (ReferenceEquals(_snapshot, snapshot)) _snapshot = null;
    }

    // A run that lost sight of this part, with its grain's silo, goes on elsewhere under a newer generation. One that has
    // only just begun may still be about to load it, or to hand it over.
    private async Task LeaveIfOrphaned(CancellationToken cancellationToken)
    {
        var generation = _generation;
        var head = await RunStore.ReadHeadAsync(services.Store, RunId, cancellationToken);
        if (generation != _generation || head?.Generation <= generation) return;
        var seenBefore = head is null || head.Generation == _orphanedBy;
        _orphanedBy = head?.Generation ?? 0;
        if (!seenBefore) return;
        await Free();
        DeactivateOnIdle();
    }

    private async Task Free()
    {
        await _life.CancelAsync();
        ResetPasses();
        await FinishSnapshot();
        await services.Worker.Run(WorkPriority.Control, Release);
    }

    private void Release()
    {
        DiscardOffer();
        if (Part is not { } part) return;
        Part = null;
        PartTelemetry.Forget(Key);
        services.LocalParts.Remove(RunId, PartId, part);
        part.Dispose();
    }

    private void CheckGeneration(long generation)
    {
        var current = Volatile.Read(ref _generation);
        if (generation != current) throw new StaleGenerationCallException(PartId, generation, current);
    }
}
