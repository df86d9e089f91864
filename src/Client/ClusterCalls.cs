using LisaOrleans.Checkpoints;
using Microsoft.Extensions.Logging;
using Orleans.Serialization;

namespace LisaOrleans.Client;

/// <summary>
/// Calls to a cluster that survive the loss of silos: repeated for a while, over a new connection where the old one is
/// of no use.
/// </summary>
internal sealed class ClusterCalls(LisaClientOptions options, ILoggerFactory? logging, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(1);

    // A connection usually finds other silos by itself, but not when Redis or the tables have forgotten the cluster.
    private static readonly TimeSpan s_connectionPatience = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _life = new();
    private LisaConnection? _connection;

    /// <summary>The connection, made when it is first needed.</summary>
    /// <exception cref="ClusterUnavailableException">No silo answered in time.</exception>
    public async Task<LisaConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_life.IsCancellationRequested, this);
        if (Volatile.Read(ref _connection) is { } connection) return connection;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _life.Token);
        await _turn.WaitAsync(either.Token).ConfigureAwait(false);
        try
        {
            return _connection ??= await LisaConnection.OpenAsync(options, logging, either.Token).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Makes a call that may be repeated.</summary>
    /// <param name="call">The call; its token is cancelled when the attempt is given up.</param>
    /// <param name="patience">How long an attempt may take, and how long to repeat it after it failed for the first time.</param>
    /// <param name="cancellationToken">Gives up earlier.</param>
    /// <exception cref="ClusterUnavailableException">It did not succeed in that time.</exception>
    public async Task<T> CallAsync<T>(
        Func<LisaConnection, CancellationToken, Task<T>> call, CallPatience patience, CancellationToken cancellationToken)
    {
        var pause = s_firstPause;
        long? failing = null, fresh = null;
        while (true)
        {
            LisaConnection? connection = null;
            var lost = CancellationToken.None;
            using var limit = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
            try
            {
                connection = await ConnectAsync(cancellationToken).ConfigureAwait(false);
                lost = connection.GatewayLost;

                // Connecting has a limit of its own.
                limit.CancelAfter(patience.Attempt);
                using var attempt = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lost, limit.Token);
                return await call(connection, attempt.Token).WaitAsync(attempt.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (IsPassing(e, cancellationToken))
            {
                failing ??= time.GetTimestamp();
                fresh ??= failing;
                if (time.GetElapsedTime(failing.Value) >= patience.InAll) throw Unavailable(e, time.GetElapsedTime(failing.Value));
                if (connection is not null && time.GetElapsedTime(fresh.Value) >= s_connectionPatience)
                {
                    await LetGoAsync(connection).ConfigureAwait(false);
                    fresh = null;
                }

                // Through another gateway the answer may be there at once.
                if (lost.IsCancellationRequested) pause = s_firstPause;
                if (limit.IsCancellationRequested) patience = patience.Longer();
                await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
                pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_life.IsCancellationRequested) return;
        await _life.CancelAsync().ConfigureAwait(false);

        // Whoever is connecting now gives up and releases its turn.
        await _turn.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        _turn.Dispose();
        _life.Dispose();
        if (Interlocked.Exchange(ref _connection, null) is { } connection) await connection.DisposeAsync().ConfigureAwait(false);
    }

    private ClusterUnavailableException Unavailable(Exception e, TimeSpan after) =>
        e as ClusterUnavailableException ?? new ClusterUnavailableException(
        $"cluster '{options.ClusterId}' does not answer: "
            + $"{(e is OperationCanceledException ? $"no answer within {after.TotalSeconds:0} s" : e.Message)}", e);

    // A mistake in the request or damage in the store will not go away; anything else may be a silo that died.
    private bool IsPassing(Exception e, CancellationToken cancellationToken) =>
        !cancellationToken.IsCancellationRequested && !_life.IsCancellationRequested
        && e is not (LisaException and not ClusterUnavailableException)
            and not (RunHeldException or StoreRefusedException or InvalidDataFileException or BlobMissingException or BlobCorruptException)
            and not UnavailableExceptionFallbackException;

    private async Task LetGoAsync(LisaConnection connection)
    {
        if (Interlocked.CompareExchange(ref _connection, null, connection) == connection) await connection.DisposeAsync().ConfigureAwait(false);
    }
}
