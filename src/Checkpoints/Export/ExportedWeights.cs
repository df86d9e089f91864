namespace LisaOrleans.Checkpoints;

/// <summary>
/// The weights of a manifest's parts in the model's dtype, mapped from blobs or rounded from training state, and tensors that do
/// not train. Owns all of them.
/// </summary>
internal sealed class ExportedWeights : IDisposable
{
    private const string Master = ".master";
    private readonly List<IDisposable> _owned = [];

    /// <summary>All tensors, part by part, each in the order in which the model was stored.</summary>
    public List<TensorSource> Tensors { get; } = [];

    public async Task AddAsync(IBlobStore store, PartState state, CancellationToken cancellationToken)
    {
        var weights = await OpenAsync(store, state.Weights, cancellationToken).ConfigureAwait(false);
        var trained = state.Optimizer is null ? null : await OpenAsync(store, state.Optimizer, cancellationToken).ConfigureAwait(false);
        foreach (var info in weights.Tensors.Values.OrderBy(t => t.Offset).ThenBy(t => t.Length))
            Tensors.Add(trained is null ? new TensorSource(info.Name, info.DType, info.Shape, weights.Pointer(info)) : FromMaster(trained, state.Optimizer!, info));
    }

    /// <summary>Tensors of a blob as they are, which belong to no part.</summary>
    public async Task<IReadOnlyList<TensorSource>> ReadAsync(IBlobStore store, BlobRef blob, CancellationToken cancellationToken)
    {
        var reader = await OpenAsync(store, blob, cancellationToken).ConfigureAwait(false);
        return [.. reader.Tensors.Values.OrderBy(t => t.Offset).ThenBy(t => t.Length).Select(t => new TensorSource(t.Name, t.DType, t.Shape, reader.Pointer(t)))];
    }

    public void Dispose()
    {
        foreach (var owned in _owned) owned.Dispose();
    }

    private async Task<SafetensorsReader> OpenAsync(IBlobStore store, BlobRef blob, CancellationToken cancellationToken)
    {
        var reader = SafetensorsReader.FromBlob(await store.ReadAsync(blob, cancellationToken).ConfigureAwait(false), blob.Sha256);
        _owned.Add(reader);
        return reader;
    }

    // While a part trains, its truth is the master; the weights that it began with still say the dtype.
    private TensorSource FromMaster(SafetensorsReader trained, BlobRef blob, TensorInfo wanted)
    {
        var name = wanted.Name + Master;
        if (!trained.Tensors.TryGetValue(name, out var master)) throw new InvalidDataFileException(blob.Sha256, $"tensor '{name}' is missing");
        if (!master.Shape.SequenceEqual(wanted.Shape))
            throw new InvalidDataFileException(blob.Sha256, $"tensor '{name}' has shape [{string.Join(", ", master.Shape)}]; it must be [{string.Join(", ", wanted.Shape)}]");
        if (master.DType == wanted.DType) return new TensorSource(wanted.Name, wanted.DType, wanted.Shape, trained.Pointer(master));
        if (!TensorRounding.IsPossible(master.DType, wanted.DType))
            throw new InvalidDataFileException(blob.Sha256, $"tensor '{name}' is {master.DType}; it must be {wanted.DType} or F32");

        var rounded = TensorRounding.Round(trained.Pointer(master), master.Length / sizeof(float), wanted.DType);
        _owned.Add(rounded);
        return new TensorSource(wanted.Name, wanted.DType, wanted.Shape, rounded.Data);
    }
}
