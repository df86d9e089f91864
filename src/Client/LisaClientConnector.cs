using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Client;

/// <summary>Connects while the service starts, so that the first call need not wait for it.</summary>
internal sealed partial class LisaClientConnector(LisaClient client, ILogger<LisaClientConnector> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await client.ConnectAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ClusterUnavailableException or ClusterTlsException)
        {
            // Every call tries again, and what stands in the way may be the cluster's: its certificate, for example.
            LogUnavailable(e);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The cluster cannot be reached yet; calls will try again")]
    private partial void LogUnavailable(Exception exception);
}
