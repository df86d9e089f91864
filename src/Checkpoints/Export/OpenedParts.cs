namespace LisaOrleans.Checkpoints;

/// <summary>
/// Weights of a manifest's parts, for those who take them part by part: one is open at a time, so that never more than the
/// largest part need be in memory. Owns the open part.
/// </summary>
public sealed class OpenedParts(IBlobStore store, Manifest manifest) : IDisposable
{
    private string? _name;
    private PartWeights? _part;

    /// <summary>A weight, valid until one of another part is asked for.</summary>
    /// <param name="part">The part; null for tensors that belong to none.</param>
    /// <param name="name">Its name there.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="InvalidDataFileException">There is none.</exception>
    public async Task<WeightView> FindAsync(string? part, string name, CancellationToken cancellationToken)
    {
        if (_part is null || part != _name)
        {
            Dispose();
            (_name, _part) = (part, await PartWeights.OpenAsync(store, State(manifest, part), cancellationToken).ConfigureAwait(false));
        }

        return _part.Tensors.FirstOrDefault(t => t.Name == name)
            ?? throw new InvalidDataFileException($"manifest of {manifest.Run}", $"part '{part}' has no tensor '{name}'");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _part?.Dispose();
        _part = null;
    }

    /// <summary>Where a part's weights are; for null, the tensors that belong to no part.</summary>
    internal static PartState State(Manifest manifest, string? part) =>
        part is null ? new PartState { Weights = manifest.OtherTensors! } : manifest.Part(part);
}
