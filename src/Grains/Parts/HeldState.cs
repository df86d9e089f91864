using LisaOrleans.Model;

namespace LisaOrleans.Grains;

/// <summary>
/// The state of a part that its grain holds in memory, and which blobs hold the same: takes it from a load, hands it over,
/// changes it and saves it. Methods that touch tensors are for the device's thread and say so; the others are for the grain's
/// turns.
/// </summary>
internal sealed class HeldState<TPart>(PartServices services, string key)
    where TPart : ModelPart
{
    private readonly (string Run, string Part) _name = (PartName.Parse(key).Run, PartName.Parse(key).Part);
    private long _appliedStep;

    // Rises with every change of weights or state; the stored version is the one that the blobs below hold.
    private long _version;
    private long _storedVersion = -1;
    private BlobRef? _weights;
    private BlobRef? _optimizer;
    private BlobRef? _adapter;
    private PartSnapshot? _snapshot;
    private IReadOnlyList<TensorTicket> _offer = [];

    /// <summary>
    /// The loaded part; null before, and after it was let go of. Except for its flags, touched on the device's thread only.
    /// </summary>
    public TPart? Part { get; private set; }

    /// <summary>Whether the part's state is exactly that of these blobs.</summary>
    public bool Holds(BlobRef weights, BlobRef? optimizer, BlobRef? adapter) =>
        Part is not null && _version == _storedVersion && (weights, optimizer, adapter) == (_weights, _optimizer, _adapter);

    /// <summary>Drops what unfinished micro-batches have left behind. On the device's thread.</summary>
    public void DiscardGradients()
    {
        Part?.DiscardMicroBatches();
        Part?.DiscardGradients();
    }

    /// <summary>Replaces the part; the old one's memory is freed before the new one is made. On the device's thread.</summary>
    public void Take(Func<TPart> create)
    {
        Release();
        Part = create();
        services.LocalParts.Set(_name.Run, _name.Part, Part);
    }

    /// <summary>Notes that the part is in the state that a load names.</summary>
    public void Loaded(PartLoad load)
    {
        if (!Holds(load.Weights, load.Optimizer, load.Adapter)) _storedVersion = ++_version;
        (_weights, _optimizer, _adapter, _appliedStep) = (load.Weights, load.Optimizer, load.Adapter, load.Step);
    }

    /// <summary>
    /// Offers the part's tensors, without copying them, to its next holder; null if the part is in another state. On the device's
    /// thread.
    /// </summary>
    public PartHandOver? Offer(long generation, BlobRef weights, BlobRef? optimizer, BlobRef? adapter)
    {
        DiscardOffer();
        if (!Holds(weights, optimizer, adapter)) return null;
        var trained = Part!.Trainable ? Part.ShareTrainingState() : Part.ShareAdapters();
        var shared = !Part.Trainable || Part.HasAdapters ? [.. Part.ShareWeights(), .. trained] : trained;
        _offer = [.. shared.Select(t => services.Exchange.Publish(t.Value, _name.Run, generation))];
        return new PartHandOver(_offer, Part.StateStep);
    }

    /// <summary>Makes the part train in this way. On the device's thread.</summary>
    public void Train(PartTraining training)
    {
        var trainable = training switch
        {
            PartTraining.Frozen => false,
            PartTraining.Whole when !Part!.HasAdapters => true,
            PartTraining.Adapters when Part!.HasAdapters => true,
            _ => throw new ArgumentOutOfRangeException(nameof(training), training, "a part does not train so"),
        };
        if (Part!.Trainable == trainable) return;

        // Raised first, so that whatever a failure halfway leaves behind is not mistaken for what the store holds.
        _version++;
        if (trainable) Part.MakeTrainable();
        else Part.Freeze();
    }

    /// <summary>Updates the part, once for each step. On the device's thread.</summary>
    public void Apply(long step, double learningRate, double clip)
    {
        if (step <= _appliedStep) return;
        _version++;
        Part!.Apply(learningRate, clip);
        _appliedStep = step;
    }

    /// <summary>Copies what changed since the last snapshot and begins to store it.</summary>
    /// <param name="copyOnDevice">Runs the copying on the device's thread.</param>
    /// <param name="life">Cancels the storing.</param>
    /// <returns>False if nothing changed.</returns>
    public async Task<bool> BeginSnapshot(Func<Func<PartCopy>, Task<PartCopy>> copyOnDevice, CancellationToken life)
    {
        await FinishSnapshot();
        if (_version == _storedVersion) return false;
        var copy = await copyOnDevice(() => Part!.Trainable
            ? new PartCopy(Part.CopyTrainingState(), Part.StateStep, _version)
            : new PartCopy(Part.HasAdapters ? Part.CopyAdapters() : Part.CopyWeights(), null, _version));
        _snapshot = PartSnapshot.Start(services.Store, copy, life);
        return true;
    }

    /// <summary>Waits until that copy is in the store.</summary>
    /// <param name="check">Throws if the generation was replaced meanwhile.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<PartBlobs> CompleteSnapshot(Action check, CancellationToken cancellationToken)
    {
        if (_snapshot is { } snapshot)
        {
            var blob = await snapshot.Upload.WaitAsync(cancellationToken);
            check();
            _optimizer = snapshot.IsOptimizer ? blob : null;
            if (!snapshot.IsOptimizer && _adapter is null) _weights = blob;
            if (!snapshot.IsOptimizer && _adapter is not null) _adapter = blob;
            _storedVersion = snapshot.Version;
            if (ReferenceEquals(_snapshot, snapshot)) _snapshot = null;
        }

        return new PartBlobs(_weights!, _optimizer, _adapter);
    }

    /// <summary>
    /// Waits for a snapshot of an earlier attempt whose outcome nobody asked for. If it failed, that no longer matters: the state
    /// that it copied is still marked as changed, so the next snapshot copies it again.
    /// </summary>
    public async Task FinishSnapshot()
    {
        if (_snapshot is not { } snapshot) return;
        await snapshot.Upload.ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        if (ReferenceEquals(_snapshot, snapshot)) _snapshot = null;
    }

    /// <summary>What the part holds in memory. On the device's thread.</summary>
    public PartMemory Measure() => Part is null
        ? new PartMemory()
        : new PartMemory
        {
            Weights = Part.WeightBytes,
            Optimizer = Part.OptimizerBytes,
            Gradients = Part.GradientBytes,
            Trainable = Part.Trainable,
        };

    /// <summary>Tells the metrics what the part holds. On the device's thread.</summary>
    public void Report()
    {
        if (Part is not null) PartTelemetry.Measure(key, Part);
    }

    /// <summary>Lets go of the part. On the device's thread.</summary>
    public void Release()
    {
        DiscardOffer();
        if (Part is not { } released) return;
        Part = null;
        PartTelemetry.Forget(key);
        services.LocalParts.Remove(_name.Run, _name.Part, released);
        released.Dispose();
    }

    private void DiscardOffer()
    {
        foreach (var ticket in _offer) services.Exchange.Discard(ticket);
        _offer = [];
    }
}
