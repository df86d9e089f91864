namespace LisaOrleans.Checkpoints;

/// <summary>
/// The weights of a manifest's parts in the model's dtype, mapped from blobs or rounded from training state, and tensors that do
/// not train. Owns all of them.
/// </summary>
internal sealed class ExportedWeights : IDisposable
{
    private readonly List<IDisposable> _owned = [];

    /// <summary>All tensors, part by part, each in the order in which the model was stored.</summary>
    public List<TensorSource> Tensors { get; } = [];

    public async Task AddAsync(IBlobStore store, PartState state, CancellationToken cancellationToken)
    {
        var part = await PartWeights.OpenAsync(store, state, cancellationToken).ConfigureAwait(false);
        _owned.Add(part);
        foreach (var weight in part.Tensors)
        {
            var data = weight.Data;
            if (weight.Stored != weight.DType)
            {
                var rounded = TensorRounding.Round(weight.Data, weight.Count, weight.DType);
                _owned.Add(rounded);
                data = rounded.Data;
            }

            Tensors.Add(new TensorSource(weight.Name, weight.DType, weight.Shape, data));
        }
    }

    /// <summary>Tensors of a blob as they are, which belong to no part.</summary>
    public async Task<IReadOnlyList<TensorSource>> ReadAsync(IBlobStore store, BlobRef blob, CancellationToken cancellationToken)
    {
        var reader = SafetensorsReader.FromBlob(await store.ReadAsync(blob, cancellationToken).ConfigureAwait(false), blob.Sha256);
        _owned.Add(reader);
        return [.. reader.InOrder.Select(t => new TensorSource(t.Name, t.DType, t.Shape, reader.Pointer(t)))];
    }

    public void Dispose()
    {
        foreach (var owned in _owned) owned.Dispose();
    }
}
