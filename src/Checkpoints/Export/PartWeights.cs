namespace LisaOrleans.Checkpoints;

/// <summary>
/// The weights of a manifest's part, wherever they are: in a blob of their own, or in the state that trains them. Owns both.
/// </summary>
public sealed class PartWeights : IDisposable
{
    private const string Master = ".master";

    private readonly SafetensorsReader _weights;
    private readonly SafetensorsReader? _trained;

    private PartWeights(SafetensorsReader weights, SafetensorsReader? trained, IReadOnlyList<WeightView> tensors) =>
        (_weights, _trained, Tensors) = (weights, trained, tensors);

    /// <summary>In the order in which the model was stored.</summary>
    public IReadOnlyList<WeightView> Tensors { get; }

    /// <summary>Opens a part.</summary>
    /// <exception cref="InvalidDataFileException">A blob is not what it must be.</exception>
    public static async Task<PartWeights> OpenAsync(IBlobStore store, PartState state, CancellationToken cancellationToken)
    {
        var weights = await ReadAsync(store, state.Weights, cancellationToken).ConfigureAwait(false);
        SafetensorsReader? trained = null;
        try
        {
            if (state.Optimizer is { } optimizer) trained = await ReadAsync(store, optimizer, cancellationToken).ConfigureAwait(false);
            var tensors = weights.InOrder.Select(info => trained is null
                ? new WeightView(info.Name, info.DType, info.Shape, info.DType, weights.Pointer(info))
                : FromMaster(trained, state.Optimizer!, info)).ToList();
            return new PartWeights(weights, trained, tensors);
        }
        catch
        {
            trained?.Dispose();
            weights.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _weights.Dispose();
        _trained?.Dispose();
    }

    private static async Task<SafetensorsReader> ReadAsync(IBlobStore store, BlobRef blob, CancellationToken cancellationToken) =>
        SafetensorsReader.FromBlob(await store.ReadAsync(blob, cancellationToken).ConfigureAwait(false), blob.Sha256);

    // While a part trains, its master weights are what counts; the weights that it began with still tell the dtype.
    private static WeightView FromMaster(SafetensorsReader trained, BlobRef blob, TensorInfo wanted)
    {
        var name = wanted.Name + Master;
        if (!trained.Tensors.TryGetValue(name, out var master)) throw new InvalidDataFileException(blob.Sha256, $"tensor '{name}' is missing");
        if (!master.Shape.SequenceEqual(wanted.Shape))
        {
            throw new InvalidDataFileException(
                blob.Sha256, $"tensor '{name}' has shape [{string.Join(", ", master.Shape)}]; it must be [{string.Join(", ", wanted.Shape)}]");
        }

        if (master.DType != wanted.DType && !TensorRounding.IsPossible(master.DType, wanted.DType))
            throw new InvalidDataFileException(blob.Sha256, $"tensor '{name}' is {master.DType}; it must be {wanted.DType} or F32");
        return new WeightView(wanted.Name, wanted.DType, wanted.Shape, master.DType, trained.Pointer(master));
    }
}
