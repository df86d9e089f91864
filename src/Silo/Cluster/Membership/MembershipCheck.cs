using System.Diagnostics;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Silo;

/// <summary>Whether a cluster's membership store answers, and whether a silo would fit the cluster's.</summary>
public static class MembershipCheck
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    // By then a mark is forgotten, or the silo that set it is in the membership.
    private static readonly TimeSpan s_markPatience = IClusterMark.Lifetime + TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_markPause = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Looks, for one who does not join: several times, because a store that was started at the same moment may not listen yet.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="clusterId">The cluster.</param>
    /// <param name="traits">The traits that a silo of it would have.</param>
    /// <param name="cancellationToken">Gives up earlier.</param>
    /// <returns>The traits of the cluster's silos; this one's where there are none.</returns>
    /// <exception cref="MembershipUnusableException">The store does not answer or refuses, or silos with other traits are there.</exception>
    public static async Task<ClusterTraits> LookAsync(
        IMembershipStore store, string clusterId, ClusterTraits traits, CancellationToken cancellationToken)
    {
        try
        {
            return await TryAsync(store, clusterId, mark => traits.LookAsync(mark, clusterId), cancellationToken).ConfigureAwait(false);
        }
        catch (MembershipUnusableException e) when (e.IsOfMark)
        {
            if (await HasSilosAsync(store, clusterId).ConfigureAwait(false)) throw;
            return traits;
        }
    }

    /// <summary>The same for a silo that is about to join with its blob store, which must be the cluster's.</summary>
    /// <param name="store">The membership's store.</param>
    /// <param name="clusterId">The cluster.</param>
    /// <param name="traits">The silo's traits, without its blob store.</param>
    /// <param name="blobs">The blob store; gets an id, if it has none and the cluster has no silo yet.</param>
    /// <param name="waits">Told why, if this has to wait until a mark is forgotten whose silos are gone, or have not joined yet.</param>
    /// <param name="cancellationToken">Gives up earlier.</param>
    /// <returns>The silo's traits.</returns>
    /// <exception cref="MembershipUnusableException">The store does not answer or refuses, or silos with other traits are there.</exception>
    /// <exception cref="StoreLocationException">The blob store cannot be used.</exception>
    public static async Task<ClusterTraits> JoinAsync(
        IMembershipStore store, string clusterId, ClusterTraits traits, IBlobStore blobs, Action<string> waits,
        CancellationToken cancellationToken)
    {
        var said = false;
        for (var started = Stopwatch.GetTimestamp(); ;)
        {
            try
            {
                return await ClaimAsync(store, clusterId, traits, blobs, cancellationToken).ConfigureAwait(false);
            }
            catch (MembershipUnusableException e) when (e.IsOfMark && Stopwatch.GetElapsedTime(started) < s_markPatience)
            {
                if (await HasSilosAsync(store, clusterId).ConfigureAwait(false)) throw;
                if (!said) waits(e.Message);
                said = true;
            }

            await Task.Delay(s_markPause, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Whether a blob store is that of a cluster, for one who does not join: nothing is written to it.</summary>
    /// <param name="store">The membership's store.</param>
    /// <param name="clusterId">The cluster.</param>
    /// <param name="traits">The traits that a silo of it would have, without its blob store.</param>
    /// <param name="blobs">The blob store.</param>
    /// <param name="cancellationToken">Gives up earlier.</param>
    /// <returns>True; false where the cluster has no silo that says which its store is.</returns>
    /// <exception cref="MembershipUnusableException">As above; the blob store is another one.</exception>
    /// <exception cref="StoreLocationException">The blob store cannot be used.</exception>
    public static async Task<bool> IsStoreOfAsync(
        IMembershipStore store, string clusterId, ClusterTraits traits, IBlobStore blobs, CancellationToken cancellationToken)
    {
        var theirs = await LookAsync(store, clusterId, traits, cancellationToken).ConfigureAwait(false);
        if (theirs.Store is null || !await HasSilosAsync(store, clusterId).ConfigureAwait(false)) return false;
        var format = await StoreFormat.ReadAsync(blobs, cancellationToken).ConfigureAwait(false);
        (traits with { Store = new StoreDescription(format?.Id ?? "", blobs.Location) }).CheckAgainst(theirs, clusterId);
        return true;
    }

    private static async Task<ClusterTraits> ClaimAsync(
        IMembershipStore store, string clusterId, ClusterTraits traits, IBlobStore blobs, CancellationToken cancellationToken)
    {
        var theirs = await TryAsync(store, clusterId, mark => traits.ClaimAsync(mark, clusterId), cancellationToken).ConfigureAwait(false);

        // Each silo that is there has seen to it that its store has an id; so one without is another, and nothing is left in it.
        var format = theirs.Store is null
            ? await StoreFormat.EnsureAsync(blobs, cancellationToken).ConfigureAwait(false)
            : await StoreFormat.ReadAsync(blobs, cancellationToken).ConfigureAwait(false);
        var own = traits with { Store = new StoreDescription(format?.Id ?? "", blobs.Location) };
        if (format is null) own.CheckAgainst(theirs, clusterId);
        await TryAsync(store, clusterId, mark => own.ClaimAsync(mark, clusterId), cancellationToken).ConfigureAwait(false);
        return own;
    }

    private static async Task<ClusterTraits> TryAsync(
        IMembershipStore store, string clusterId, Func<IClusterMark, Task<ClusterTraits>> ask, CancellationToken cancellationToken)
    {
        for (var started = Stopwatch.GetTimestamp(); ;)
        {
            try
            {
                return await store.TryAsync(clusterId, ask, cancellationToken).ConfigureAwait(false);
            }
            catch (MembershipUnusableException e) when (e.MayPass && Stopwatch.GetElapsedTime(started) < s_patience)
            {
                await Task.Delay(s_pause, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static async Task<bool> HasSilosAsync(IMembershipStore store, string clusterId)
    {
        try
        {
            return await ListedGateways.AskAsync(store, clusterId, async g => (await g.GetGateways().ConfigureAwait(false)).Count > 0)
                .ConfigureAwait(false);
        }
        catch (Exception e) when (store.IsForgotten(e))
        {
            return false;
        }
    }
}
