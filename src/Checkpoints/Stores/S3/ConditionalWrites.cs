namespace LisaOrleans.Checkpoints;

/// <summary>
/// Whether a server honours If-Match and If-None-Match when something is written. One that ignores them would let two owners of a
/// run overwrite each other, and nobody would notice.
/// </summary>
internal static class ConditionalWrites
{
    // An ETag that nothing has: of the right form, and no hash of what is written.
    private const string Other = "00000000000000000000000000000000";

    /// <summary>Tries it on an object of its own, which it deletes, and in which form the server wants an ETag.</summary>
    /// <exception cref="StoreRefusedException">The server does not honour them, or denies access.</exception>
    public static async Task CheckAsync(S3Bucket bucket, CancellationToken cancellationToken)
    {
        var key = $"probe/{Guid.NewGuid():N}";
        if (await PutAsync(ifMatch: null).ConfigureAwait(false) is not { } first)
            throw new StoreRefusedException($"{bucket.Location}: {bucket.Endpoint} refuses to create what is not there (If-None-Match: *)");
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

        Task<string?> PutAsync(string? ifMatch) => bucket.SwapAsync(key, DocumentStamp.Add([]), ifMatch, cancellationToken);

        StoreRefusedException Ignored(string condition) => new(
            $"{bucket.Location}: {bucket.Endpoint} ignores the condition {condition} of a write, so that two owners of a run would overwrite each "
            + "other; use a server that honours conditional writes");
    }
}
