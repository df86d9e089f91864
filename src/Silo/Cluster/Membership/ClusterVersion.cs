using System.Reflection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Silo;

/// <summary>
/// Keeps silos of different program versions apart: they could differ in the bits that they compute and in what they say to
/// each other. The version is the cluster's mark for as long as a silo of it lives, and half a minute longer.
/// </summary>
internal sealed partial class ClusterVersion(ClusterSiloOptions options, TimeProvider time, ILogger<ClusterVersion> logger) : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(10);

    /// <summary>This program's version, with the commit that it was built from where that is known.</summary>
    public static string Own { get; } =
        typeof(ClusterVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>Says which version the cluster has from now on, if none is there.</summary>
    /// <exception cref="MembershipUnusableException">Silos of another version are there.</exception>
    public static async Task ClaimAsync(IClusterMark mark, string clusterId, string version)
    {
        var theirs = await mark.ClaimAsync(version).ConfigureAwait(false);
        if (theirs != version)
        {
            throw new MembershipUnusableException(
                $"the silos of cluster '{clusterId}' are of version {theirs}, and this one is of {version}; "
                + $"end those first (half a minute after the last one this is forgotten), or use another --cluster-id");
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RenewAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogNotTold(options.Membership.Name, e.Message);
                await Task.Delay(s_period, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task RenewAsync(CancellationToken stoppingToken)
    {
        await using var mark = await options.Membership.OpenMarkAsync(options.ClusterId, stoppingToken).ConfigureAwait(false);
        using var timer = new PeriodicTimer(s_period, time);
        do await mark.RenewAsync(Own).ConfigureAwait(false);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Store} could not be told the cluster's version: {Reason}")]
    private partial void LogNotTold(string store, string reason);
}
