using System.Collections.Concurrent;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// A store whose large blobs can be asked for before they are needed: they are read and verified while something else is done,
/// and whoever needs one waits only for the rest. Everything else is passed on.
/// </summary>
public sealed class ReadAheadBlobStore(IBlobStore inner) : DelegatingBlobStore(inner), IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Task<BlobContent>> _begun = new();

    /// <summary>Begins to read a blob, for the first who asks for it. If that fails, the reader tries again.</summary>
    public void Begin(BlobRef blob) => _begun.GetOrAdd(blob.Sha256, _ => Inner.ReadAsync(blob, CancellationToken.None));

    /// <inheritdoc/>
    public override async Task<BlobContent> ReadAsync(BlobRef blob, CancellationToken cancellationToken)
    {
        if (!_begun.TryRemove(blob.Sha256, out var begun)) return await Inner.ReadAsync(blob, cancellationToken).ConfigureAwait(false);
        try
        {
            return await begun.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (begun.IsFaulted)
        {
            // What was missing or damaged then may have been put right since.
            return await Inner.ReadAsync(blob, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Nobody has taken it.
            _begun.TryAdd(blob.Sha256, begun);
            throw;
        }
    }

    /// <summary>Frees what nobody has asked for.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var begun in _begun.Values)
        {
            await ((Task)begun).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (begun.IsCompletedSuccessfully) (await begun.ConfigureAwait(false)).Dispose();
        }

        _begun.Clear();
    }
}
