using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using Orleans.Concurrency;
using static TorchSharp.torch;

namespace LisaOrleans.Grains;

/// <summary>
/// What embedding, layer and head have in common: loading, optimizer state, updates and snapshots. Reentrant, so that
/// several micro-batches can be on their way; the device's thread does the work, one piece at a time.
/// </summary>
[Reentrant]
internal abstract partial class PartGrain<TPart>(PartServices services) : Grain, IPartGrain, ILocalPart
    where TPart : ModelPart
{
    private static readonly TimeSpan s_recognitionPatience = TimeSpan.FromSeconds(3);

    private readonly OrphanSigns _orphanSigns = new();
    private HeldState<TPart> _held = null!;
    private PartFence _fence = null!;
    private PartDevice _device = null!;
    private PartPasses _passes = null!;
    private SleepingWeights<TPart> _sleeping = null!;
    private ReplicaExchange<TPart> _replicas = null!;
    private (string Run, string Part) _name;
    private NextPart? _next;
    private IGrainTimer? _orphanCheck;

    // How often it was to be loaded, and the settings and model of which the part here was made.
    private (int Count, string? MadeOf) _loads;

    protected PartServices Services => services;

    protected string RunId => _name.Run;

    protected string PartId => _name.Part;

    /// <summary>The loaded part. Except for its flags, touched on the device's thread only.</summary>
    protected TPart? Part => _held.Part;

    protected long Generation => _fence.Generation;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString();
        (_name.Run, _name.Part, _) = PartName.Parse(key);
        _held = new HeldState<TPart>(services, key);
        _fence = new PartFence(services, RunId, PartId);
        _device = new PartDevice(services, _fence, _held.Report);
        _passes = new PartPasses(services, _device);
        _sleeping = new SleepingWeights<TPart>(services, _device, _fence, _held);
        _replicas = new ReplicaExchange<TPart>(services, _device, _passes, _held, RunId);
        return base.OnActivateAsync(cancellationToken);
    }

    public async Task<PartLoaded> Load(PartLoad load, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _loads.Count);

        // Before any wait: who asks for a hand-over meanwhile must not take this for a part that nobody wants.
        _orphanCheck ??= this.RegisterGrainTimer(LeaveIfOrphaned, services.Options.OrphanPeriod, services.Options.OrphanPeriod);
        var entered = EnterGeneration(load.Generation);
        services.LocalParts.Close(RunId, PartId, this);
        await entered;
        _device.Threads = load.Spec.Threads;
        DelayDeactivation(TimeSpan.FromDays(365));
        _passes.NextIsHere = load.NextSilo == services.Silo.SiloAddress.ToParsableString();
        _next = load.Next is null
            ? null
            : new NextPart(
                services.LocalParts, RunId, load.Next, PartGrains.Get(GrainFactory, RunId, load.Next, load.NextSilo!), _passes.NextIsHere);
        if (load.OwnerSendsWeights) _replicas.Expect(load.Step);

        // No manifest of an earlier generation will be committed any more.
        await _held.FinishSnapshot(isWanted: false);

        await _device.Run(load.Generation, () =>
        {
            // Here, so that it runs after the work of earlier generations that was under way.
            services.Exchange.DiscardBefore(RunId, load.Generation);
            _held.DiscardGradients();
        }, cancellationToken: cancellationToken);
        await ForgetOthers(load, cancellationToken);
        await Recognize(load.Generation, load.Weights, load.Optimizer, load.Adapter, cancellationToken);
        var loaded = _held.Holds(load.Weights, load.Optimizer, load.Adapter)
            ? new PartLoaded(PartSource.Kept, 0)
            : await LoadState(load, cancellationToken);
        if (loaded is null) return new PartLoaded(PartSource.Kept, 0);
        _held.Loaded(load);
        await _device.Run(load.Generation, () => _held.Follow(load), cancellationToken: cancellationToken);

        // Another generation may have begun to load it meanwhile. One that waits for an owner's weights does so in its grain's turns.
        _fence.Check(load.Generation);
        if (!load.FollowsOwner) services.LocalParts.Open(RunId, PartId, this);
        return loaded;
    }

    public async Task Keep(long generation)
    {
        // To enter it again would break off what began in it.
        if (generation != Generation) await EnterGeneration(generation);
    }

    public async Task<PartHandOver?> HandOver(
        long generation, BlobRef weights, BlobRef? optimizer, BlobRef? adapter, CancellationToken cancellationToken)
    {
        // So nobody of an earlier generation can change what is handed over.
        await Keep(generation);
        if (Part is null && _orphanCheck is null) DeactivateOnIdle();
        if (!await RecognizeSoon(generation, weights, optimizer, adapter, cancellationToken)) return null;
        return await _device.Run(generation, () => _held.Offer(generation, weights, optimizer, adapter), cancellationToken: cancellationToken);
    }

    public async Task Train(long generation, PartTraining training, CancellationToken cancellationToken)
    {
        _fence.Check(generation);
        using var exact = training is PartTraining.Frozen or PartTraining.Asleep ? null : await _sleeping.Fetch(cancellationToken);
        using (var moments = await _held.FetchMoments(training, cancellationToken))
            await _device.Run(generation, () => _held.Train(training, exact, moments, _fence.Life), cancellationToken: cancellationToken);
        await _sleeping.Settle(generation, cancellationToken);
    }

    public Task<double> GetSquaredGradientNorm(long generation, long step, CancellationToken cancellationToken) =>
        _device.Run(generation, () => Part!.SquaredGradientNorm(), cancellationToken: cancellationToken);

    public Task Apply(long generation, long step, double learningRate, double clip, bool isLast, CancellationToken cancellationToken) =>
        _device.Run(generation, () => _held.Apply(step, learningRate, clip, isLast), cancellationToken: cancellationToken);

    public Task<TimeSpan?> BeginSnapshot(long generation, long step, CancellationToken cancellationToken)
    {
        _fence.Check(generation);
        return _held.BeginSnapshot(step, copy => _device.Run(generation, copy, cancellationToken: cancellationToken), _fence.Life);
    }

    public Task SeparateSnapshot(long generation, long step, CancellationToken cancellationToken) =>
        _device.Run(generation, _held.Separate, cancellationToken: cancellationToken);

    public Task<PartBlobs> CompleteSnapshot(long generation, long step, CancellationToken cancellationToken)
    {
        _fence.Check(generation);
        return _held.CompleteSnapshot(step, () => _fence.Check(generation), cancellationToken);
    }

    public Task<PartMemory> GetMemory() => services.Worker.Run(WorkPriority.Control, _held.Measure);

    public async Task Unload(long generation)
    {
        var loads = _loads.Count;
        await EnterGeneration(generation);
        await Leave(loads);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await Free(_loads.Count);
        await base.OnDeactivateAsync(reason, cancellationToken);
    }

    /// <summary>Makes the part, which owns the weights. On the device's thread.</summary>
    protected abstract TPart Create(
        ModelConfig config, PartDtypes dtypes, IPartOptimizer optimizer, TrainingSpec spec, Dictionary<string, Tensor> weights);

    private Task EnterGeneration(long generation)
    {
        var entered = _fence.Enter(generation);
        _passes.Reset(generation);
        _replicas.Reset();
        return entered;
    }

    private async Task LeaveIfOrphaned(CancellationToken cancellationToken)
    {
        var generation = Generation;
        var head = await RunStore.ReadHeadAsync(services.Store, RunId, cancellationToken);
        if (generation == Generation && _orphanSigns.Show(head, generation)) await Leave(_loads.Count);
    }

    private async Task Leave(int loads)
    {
        await Free(loads);
        if (loads == _loads.Count) DeactivateOnIdle();
    }

    // Unless it is loaded anew meanwhile.
    private async Task Free(int loads)
    {
        if (loads != _loads.Count) return;
        services.LocalParts.Close(RunId, PartId, this);
        var ended = _fence.End();
        _passes.Reset(Generation);
        _replicas.Reset();
        await ended;
        await _held.FinishSnapshot();
        await services.Worker.Run(WorkPriority.Control, () =>
        {
            if (loads == Volatile.Read(ref _loads.Count)) _held.Release();
        });
    }
}
