namespace LisaOrleans.Checkpoints;

/// <summary>A tensor that an export is to write, and where its numbers are found.</summary>
/// <param name="Tensor">As the folder has it; its address is not set yet.</param>
/// <param name="Part">The manifest's part that holds it; null if it belongs to none.</param>
/// <param name="Name">Its name there.</param>
internal sealed record ExportedTensor(TensorSource Tensor, string? Part, string Name)
{
    /// <summary>
    /// All tensors of a model, part by part, each in the order in which the model was stored, then those that belong to no part.
    /// Reads only the start of each blob.
    /// </summary>
    public static async Task<IReadOnlyList<ExportedTensor>> ListAsync(
        IBlobStore store, Manifest manifest, IReadOnlyList<string> parts, CancellationToken cancellationToken)
    {
        var names = TensorNames.Of(manifest);
        var tensors = new List<ExportedTensor>();
        foreach (var part in parts) await AddAsync(part).ConfigureAwait(false);
        if (manifest.OtherTensors is not null) await AddAsync(null).ConfigureAwait(false);
        return tensors;

        async Task AddAsync(string? part)
        {
            var blob = OpenedParts.State(manifest, part).Weights;
            var header = await SafetensorsHeader.ReadAsync(store, blob, cancellationToken).ConfigureAwait(false);
            tensors.AddRange(header.InOrder.Select(t =>
                new ExportedTensor(new TensorSource(part is null ? t.Name : names.Stored(t.Name), t.DType, t.Shape, 0), part, t.Name)));
        }
    }
}
