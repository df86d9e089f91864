using LisaOrleans.Model;
using LisaOrleans.Training;

namespace LisaOrleans.Grains;

/// <summary>
/// The state of a part that its grain holds in memory, and which blobs hold the same: takes it from a load, hands it over,
/// changes it and saves it. Methods that touch tensors are for the device's thread and say so; the others are for the grain's
/// turns.
/// </summary>
internal sealed partial class HeldState<TPart>(PartServices services, string key)
    where TPart : ModelPart
{
    private readonly (string Run, string Part) _name = (PartName.Parse(key).Run, PartName.Parse(key).Part);
    private readonly SharedState _shared = new();
    private readonly OfferedTensors _offer = new(services.Exchange, PartName.Parse(key).Run);
    private long _appliedStep;

    // Rises with every change of weights or state.
    private long _version;

    // The version that the blobs below hold, and whether that of weights was stored before a manifest asked for it.
    private (long Version, bool IsUnnamed) _saved = (-1, false);
    private PartBlobs? _stored;
    private PartSnapshot? _snapshot;
    private ParkedMoments? _parked;

    /// <summary>
    /// The loaded part; null before, and after it was let go of. Except for its flags, touched on the device's thread only.
    /// </summary>
    public TPart? Part { get; private set; }

    /// <summary>Whether the store has the part's state.</summary>
    public bool IsStored => _version == _saved.Version;

    /// <summary>The blob of the part's weights; those that it began with while it trains.</summary>
    public BlobRef StoredWeights => _stored?.Weights ?? throw new InvalidOperationException($"{_name.Part} is not loaded");

    /// <summary>Whether the part's state is exactly that of these blobs.</summary>
    public bool Holds(BlobRef weights, BlobRef? optimizer, BlobRef? adapter) => Part is not null
        && ((IsStored && (weights, optimizer, adapter) == (_stored?.Weights, _stored?.Optimizer, _stored?.Adapter))
            || (_recognized == (_version, weights) && (optimizer, adapter) == (null, null)));

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
        (_stored, _version) = (null, _version + 1);
        Part = create();
        services.LocalParts.Set(_name.Run, _name.Part, Part);
    }

    /// <summary>
    /// Whether only the numbers of the part's training state may be others than a load's, or those of adapters that begin to train. Where adapters train, each replica reads these for
    /// itself, and has the weights beside them.
    /// </summary>
    public bool CanGoBack(PartLoad load) => Part is { } part
        && (part.HasAdapters
            ? _stored?.Weights == load.Weights && (load.Optimizer ?? load.Adapter) is not null
            : load.Optimizer is not null && part.KeepsState && !load.FollowsOwner);

    /// <summary>Goes back to a training state, in the memory that the part has. On the device's thread.</summary>
    public void GoBack(IPartState state)
    {
        // Raised first, as a failure halfway leaves neither state.
        _version++;
        _shared.Separate();
        state.RestoreTrainingState(Part!);
    }

    /// <summary>Notes that the part is in the state that a load names, but for weights that its owner is to send.</summary>
    public void Loaded(PartLoad load)
    {
        _saved.Version = Holds(load.Weights, load.Optimizer, load.Adapter) ? _version : ++_version;
        _stored = new PartBlobs(load.Weights, load.Optimizer, load.Adapter) { Parked = load.Parked };
        (_appliedStep, _saved.IsUnnamed, _due) = (load.Step, false, null);
        _parked = load.Parked is { } blob ? new ParkedMoments(Task.FromResult(blob)) : null;

        // The weights are still to come from their owner. If they never do, a later load must not take what is here for them.
        if (load.OwnerSendsWeights) _version++;
    }

    /// <summary>
    /// Offers the part's tensors, without copying them, to its next holder; null if the part is in another state, or the store alone
    /// has its exact weights. On the device's thread.
    /// </summary>
    public PartHandOver? Offer(long generation, BlobRef weights, BlobRef? optimizer, BlobRef? adapter)
    {
        _offer.Begin(generation);
        if (!Holds(weights, optimizer, adapter) || !Part!.HoldsExactWeights) return null;
        var trained = Part.Trainable ? Part.ShareTrainingState() : Part.ShareAdapters();
        var shared = !Part.Trainable || Part.HasAdapters ? [.. Part.ShareWeights(), .. trained] : trained;
        return new PartHandOver(_offer.Add(shared), Part.StateStep);
    }

    /// <summary>The moments with which the part goes on if it is to train in this way; null for none.</summary>
    public async Task<ParkedBlob?> FetchMoments(PartTraining training, CancellationToken cancellationToken)
    {
        if (FollowsOwner || _parked is not { } parked || Part is not { Trainable: false }) return null;
        if (training == PartTraining.Asleep) await parked.SleepOn(services.Store, cancellationToken);
        return training is PartTraining.Frozen or PartTraining.Asleep ? null : await parked.Read(services.Store, cancellationToken);
    }

    /// <summary>Makes the part train in this way. On the device's thread.</summary>
    /// <param name="training">How.</param>
    /// <param name="exact">The exact weights, where the part has forgotten them.</param>
    /// <param name="moments">What <see cref="FetchMoments"/> gave.</param>
    /// <param name="life">Cancels storing the moments of a part that falls asleep.</param>
    public void Train(PartTraining training, IPartState? exact, ParkedBlob? moments, CancellationToken life)
    {
        var trainable = training switch
        {
            PartTraining.Frozen or PartTraining.Asleep => false,
            PartTraining.Whole when !Part!.HasAdapters => true,
            PartTraining.Adapters when Part!.HasAdapters => true,
            _ => throw new ArgumentOutOfRangeException(nameof(training), training, "a part does not train so"),
        };
        if (Part!.Trainable == trainable) return;
        if (exact is not null) Part.TakeExactWeights(exact.TakeWeights(services.Worker.Device));

        // Raised first, so that whatever a failure halfway leaves behind is not mistaken for what the store holds.
        _version++;
        _shared.Separate();
        _parked = training == PartTraining.Asleep && !FollowsOwner
            ? new ParkedMoments(PartCopy.OfMoments(Part, _version, services.Worker.Device).Upload(services.Store, life))
            : null;
        if (!trainable) Part.Freeze(_appliedStep);
        else if (FollowsOwner) Part.TrainWithoutState();
        else if (moments is not null) PartStorage.RestoreMoments(Part, moments.Content, moments.Name);
        else Part.MakeTrainable();
    }

    /// <summary>Updates the part, once for each step. On the device's thread.</summary>
    public void Apply(long step, double learningRate, double clip, bool isLast)
    {
        if (step <= _appliedStep) return;
        _version++;
        _shared.Separate();
        Part!.Apply(learningRate, clip, step, isLast);
        _appliedStep = step;
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
        _offer.Discard();
        if (Part is not { } released) return;
        Part = null;
        PartTelemetry.Forget(key);
        services.LocalParts.Remove(_name.Run, _name.Part, released);
        released.Dispose();
    }
}
