using System.Diagnostics;

namespace LisaOrleans.Silo;

/// <summary>Whether a cluster's membership store answers.</summary>
public static class MembershipCheck
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Tries the store, several times: one that was started at the same moment may not listen yet.</summary>
    /// <param name="store">The store.</param>
    /// <param name="clusterId">The cluster.</param>
    /// <param name="traits">The traits that a silo of it would have.</param>
    /// <param name="cancellationToken">Gives up earlier.</param>
    /// <exception cref="MembershipUnusableException">The store does not answer or refuses, or silos with other traits are there.</exception>
    public static async Task RunAsync(IMembershipStore store, string clusterId, ClusterTraits traits, CancellationToken cancellationToken)
    {
        for (var started = Stopwatch.GetTimestamp(); ;)
        {
            try
            {
                await store.TryAsync(clusterId, traits, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (MembershipUnusableException e) when (e.MayPass && Stopwatch.GetElapsedTime(started) < s_patience)
            {
                await Task.Delay(s_pause, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
