using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using LisaOrleans.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace LisaOrleans.Grains;

/// <summary>
/// A part's state as it was at one moment, on its way to the store. On a processor it is the part's own memory at first, of which
/// <see cref="Separate"/> makes a copy before it changes; a GPU's memory is copied at once.
/// </summary>
internal sealed class PartCopy
{
    private readonly Lock _lock = new();
    private readonly Tensor[] _tensors;
    private readonly TensorSource[] _sources;
    private readonly long? _stateStep;
    private readonly bool _isShared;
    private bool _isFreed;

    // The tensors are on the CPU, and owned from now on; the step is null for weights.
    private PartCopy(IReadOnlyList<NamedTensor> tensors, long? stateStep, long version, bool isShared)
    {
        (_tensors, _stateStep, Version, _isShared) = ([.. tensors.Select(t => t.Value)], stateStep, version, isShared);
        _sources = [.. tensors.Select(PartStorage.ToSource).Select(s => s with { Memory = new MovableMemory(s.Data) })];
    }

    /// <summary>The part's version.</summary>
    public long Version { get; }

    /// <summary>Whether it is of a part that trains.</summary>
    public bool IsOfTraining => _stateStep is not null;

    /// <summary>What a manifest names of a part. On the device's thread.</summary>
    public static PartCopy OfState(ModelPart part, long version, Device device)
    {
        var share = IsProcessor(device);
        long? step = part.Trainable ? part.StateStep : null;
        var tensors = part.Trainable ? share ? part.ShareTrainingState() : part.CopyTrainingState()
            : part.HasAdapters ? share ? part.ShareAdapters() : part.CopyAdapters()
            : share ? part.ShareWeights() : part.CopyWeights();
        return new(tensors, step, version, share);
    }

    /// <summary>The moments of a part that is about to let go of them, and so does not change them. On the device's thread.</summary>
    public static PartCopy OfMoments(ModelPart part, long version, Device device) =>
        new(IsProcessor(device) ? part.ShareMoments() : part.CopyMoments(), part.StateStep, version, isShared: false);

    /// <summary>
    /// Copies what is the part's own memory, unless it is in the store by now; afterwards the part may change. Storing goes on meanwhile.
    /// On the device's thread.
    /// </summary>
    public void Separate()
    {
        if (!_isShared) return;
        using var mode = no_grad();
        using var memory = HostMemory.LongLived();
        for (var i = 0; i < _tensors.Length; i++)
        {
            lock (_lock)
            {
                if (_isFreed) return;
                using var shared = _tensors[i];
                _tensors[i] = shared.clone().DetachFromDisposeScope();
                _sources[i].Memory!.Move(TensorMemory.Address(_tensors[i]));
            }
        }
    }

    /// <summary>Hashes and uploads it in the background, and then frees it; the grain's turns go on.</summary>
    public Task<BlobRef> Upload(IBlobStore store, CancellationToken cancellationToken) =>
        Hash(blob => store.PutAsync(blob, cancellationToken), cancellationToken);

    /// <summary>The same without an upload: says which blob it would be.</summary>
    public Task<BlobRef> Hash(CancellationToken cancellationToken) => Hash(_ => Task.CompletedTask, cancellationToken);

    private Task<BlobRef> Hash(Func<SafetensorsBlob, Task> use, CancellationToken cancellationToken) => QuietThreads.All.Run(
        async () =>
        {
            try
            {
                var metadata = _stateStep is { } step ? PartStorage.StateMetadata(step) : null;
                var blob = SafetensorsWriter.Create(_sources, metadata, cancellationToken);
                await use(blob);
                return new BlobRef(blob.Sha256, blob.Length);
            }
            finally
            {
                Free();
            }
        });

    private static bool IsProcessor(Device device) => device.type == DeviceType.CPU;

    private void Free()
    {
        lock (_lock)
        {
            foreach (var tensor in _tensors) tensor.Dispose();
            _isFreed = true;
        }
    }
}
