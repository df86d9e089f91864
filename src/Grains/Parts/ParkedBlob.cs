using LisaOrleans.Checkpoints;

namespace LisaOrleans.Grains;

/// <summary>Moments that were read from the store. Owns their bytes.</summary>
/// <param name="Content">The tensors.</param>
/// <param name="Name">SHA-256 of the blob.</param>
/// <param name="Disposed">Called when the bytes are free.</param>
internal sealed record ParkedBlob(SafetensorsReader Content, string Name, Action Disposed) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Content.Dispose();
        Disposed();
    }
}
