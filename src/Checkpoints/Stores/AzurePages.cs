using System.Runtime.CompilerServices;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace LisaOrleans.Checkpoints;

/// <summary>Lists a container page by page, each within <see cref="PageLimit"/>.</summary>
internal static class AzurePages
{
    /// <summary>All blobs whose names begin with a prefix.</summary>
    /// <param name="container">The container.</param>
    /// <param name="prefix">The prefix.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async IAsyncEnumerable<BlobItem> ListAsync(
        BlobContainerClient container, string prefix, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? next = null;
        do
        {
            var after = next;
            var page = await PageLimit.AskAsync(
                t => container.GetBlobsAsync(BlobTraits.None, BlobStates.None, prefix, t).AsPages(after).FirstAsync(t).AsTask(),
                time, cancellationToken).ConfigureAwait(false);
            foreach (var item in page.Values) yield return item;
            next = page.ContinuationToken;
        }
        while (!string.IsNullOrEmpty(next));
    }
}
