using Amazon.Runtime;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// Whether a server honours If-Match and If-None-Match when something is written. One that ignores them would let two owners of a
/// run overwrite each other, and nobody would notice.
/// </summary>
internal static class ConditionalWrites
{
    // An ETag that nothing has: of the right form, and no hash of what is written.
    private const string Other = "00000000000000000000000000000000";

    /// <summary>Where objects are that are tried out.</summary>
    public const string Folder = "probe/";

    /// <summary>
    /// Tries it on an object of its own, which it deletes, and in which form the server wants an ETag. Who may only read can do no
    /// harm, and is let in.
    /// </summary>
    /// <exception cref="StoreRefusedException">The server does not honour them, or denies access.</exception>
    public static async Task CheckAsync(S3Bucket bucket, CancellationToken cancellationToken)
    {
        var key = $"{Folder}{Guid.NewGuid():N}";
        if (await CreateAsync().ConfigureAwait(false) is not { } first) return;
        try
        {
            if (await PutAsync(ifMatch: null).ConfigureAwait(false) is not null) throw Ignored("If-None-Match: *");
            if (await PutAsync(Other).ConfigureAwait(false) is not null) throw Ignored("If-Match");
            if (await PutAsync(first).ConfigureAwait(false) is not null) return;
            bucket.QuotesETags = true;
            if (await PutAsync(first).ConfigureAwait(false) is null)
                throw new StoreRefusedException($"{bucket.Location}: {bucket.Endpoint} refuses a write under the ETag that it gave (If-Match)");
        }
        finally
        {
            await bucket.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
        }

        // Null if it may not be written.
        async Task<string?> CreateAsync()
        {
            try
            {
                return await PutAsync(ifMatch: null).ConfigureAwait(false)
                    ?? throw new StoreRefusedException(
                        $"{bucket.Location}: {bucket.Endpoint} refuses to create what is not there (If-None-Match: *)");
            }
            catch (StoreRefusedException e) when (e.InnerException is AmazonServiceException { ErrorCode: "AccessDenied" })
            {
                (await bucket.GetAsync(key, range: null, cancellationToken).ConfigureAwait(false))?.Dispose();
                return null;
            }
        }

        Task<string?> PutAsync(string? ifMatch) => bucket.SwapAsync(key, DocumentStamp.Add([]), ifMatch, cancellationToken);

        StoreRefusedException Ignored(string condition) => new(
            $"{bucket.Location}: {bucket.Endpoint} ignores the condition {condition} of a write, so that two owners of a run would overwrite each "
            + "other; use a server that honours conditional writes");
    }
}
