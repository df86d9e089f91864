using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Silo;

/// <summary>
/// Asks the cloud every second whether it wants the machine back. On a notice, everything moves away, the notice is approved
/// only if nothing is left here, and the process ends.
/// </summary>
internal sealed partial class PreemptionWatch(
    ClusterSiloOptions options, SiloDrain drain, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<PreemptionWatch> logger)
    : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);

    // The first call of Azure's service may take two minutes.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2.5);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(options.PreemptionSources.Select(s => WatchAsync(s, stoppingToken)));

    private async Task WatchAsync(IPreemptionSource source, CancellationToken cancellationToken)
    {
        var failed = false;
        using var timer = new PeriodicTimer(s_period, time);
        do
        {
            try
            {
                using var patience = new CancellationTokenSource(s_patience, time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
                if (await source.PollAsync(either.Token).ConfigureAwait(false) is { } notice)
                {
                    await ObeyAsync(source, notice, cancellationToken).ConfigureAwait(false);
                    return;
                }

                failed = false;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested
                && e is HttpRequestException or InvalidDataException or OperationCanceledException)
            {
                // Logged once rather than every second, until polling works again.
                if (!failed) LogPollFailed(source.Name, Reason(e));
                failed = true;
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
    }

    private async Task ObeyAsync(IPreemptionSource source, PreemptionNotice notice, CancellationToken cancellationToken)
    {
        LogNotice(source.Name, notice.Kind, notice.Id);
        if (await drain.DrainAsync().ConfigureAwait(false))
        {
            try
            {
                await source.ApproveAsync(notice, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                // Refused, or not answered in time: then the machine goes at the announced time.
                LogApproveFailed(source.Name, e.Message);
            }
        }

        lifetime.StopApplication();
    }

    // Who drops what is sent there is not told of by any error.
    private static string Reason(Exception e) =>
        e is OperationCanceledException or HttpRequestException { InnerException: SocketException { SocketErrorCode: SocketError.TimedOut } }
            ? "it did not answer. AWS answers a container with a network of its own only if the machine's hop limit is 2 or more, and a "
                + "NetworkPolicy or a firewall may be in the way"
            : e.Message;

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Source}: {Kind} announced ({Id}); leaving")]
    private partial void LogNotice(string source, string kind, string id);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Source}: cannot be asked for preemption notices: {Reason}")]
    private partial void LogPollFailed(string source, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Source}: the notice could not be approved: {Reason}")]
    private partial void LogApproveFailed(string source, string reason);
}
