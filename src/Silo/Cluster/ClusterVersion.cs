using System.Reflection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace LisaOrleans.Silo;

/// <summary>
/// Keeps silos of different program versions apart: they could differ in the bits that they compute and in what they say to
/// each other. The version stands in Redis for as long as a silo of the cluster lives, and half a minute longer.
/// </summary>
internal sealed partial class ClusterVersion(ClusterSiloOptions options, TimeProvider time, ILogger<ClusterVersion> logger) : BackgroundService
{
    private static readonly TimeSpan s_kept = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(10);

    /// <summary>This program's version, with the commit that it was built from where that is known.</summary>
    public static string Own { get; } =
        typeof(ClusterVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>Says which version the cluster has from now on, if none is there.</summary>
    /// <exception cref="RedisUnusableException">Silos of another version are there.</exception>
    public static async Task ClaimAsync(IDatabase redis, string clusterId, string version)
    {
        if (await redis.StringSetAsync(Key(clusterId), version, s_kept, When.NotExists).ConfigureAwait(false)) return;
        string? theirs = await redis.StringGetAsync(Key(clusterId)).ConfigureAwait(false);
        if (theirs is not null && theirs != version)
        {
            throw new RedisUnusableException(
                $"the silos of cluster '{clusterId}' are of version {theirs}, and this one is of {version}; "
                + $"end those first (half a minute after the last one this is forgotten), or use another --cluster-id");
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var redis = await ConnectionMultiplexer.ConnectAsync(RedisConfiguration.Parse(options.Redis)).ConfigureAwait(false);
        using var timer = new PeriodicTimer(s_period, time);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await redis.GetDatabase().StringSetAsync(Key(options.ClusterId), Own, s_kept).ConfigureAwait(false);
                await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is RedisException or TimeoutException)
            {
                LogNotTold(e.Message);
                await Task.Delay(s_period, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private static string Key(string clusterId) => $"{clusterId}/lisa/version";

    [LoggerMessage(Level = LogLevel.Debug, Message = "Redis could not be told the cluster's version: {Reason}")]
    private partial void LogNotTold(string reason);
}
