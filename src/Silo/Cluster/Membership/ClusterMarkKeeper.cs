using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Silo;

/// <summary>
/// Keeps silos of different program versions apart: they could differ in the bits that they compute and in what they say to
/// each other. The silos' traits are the cluster's mark, which stays until half a minute after the last silo is gone.
/// </summary>
internal sealed partial class ClusterMarkKeeper(ClusterSiloOptions options, TimeProvider time, ILogger<ClusterMarkKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(10);

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
        var traits = options.Traits.ToString();
        using var timer = new PeriodicTimer(s_period, time);
        do await mark.RenewAsync(traits).ConfigureAwait(false);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Store} could not be told what the cluster's silos have in common: {Reason}")]
    private partial void LogNotTold(string store, string reason);
}
