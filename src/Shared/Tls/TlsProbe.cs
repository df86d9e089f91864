using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace LisaOrleans;

/// <summary>
/// Asks a silo, over a separate connection, whether the two ends accept each other's certificates. Orleans itself would only
/// try again.
/// </summary>
internal static class TlsProbe
{
    // More than one, because a silo that is just leaving also breaks connections off.
    private const int Tries = 3;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Why they do not; null if they do, or if nobody answers there.</summary>
    /// <param name="silo">Its port for silos or for clients.</param>
    /// <param name="credentials">This end's certificates; null where it has none.</param>
    /// <param name="cancellationToken">Gives up earlier.</param>
    public static async Task<string?> FindRefusalAsync(IPEndPoint silo, TlsCredentials? credentials, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            var reason = await AskAsync(silo, credentials, cancellationToken).ConfigureAwait(false);
            if (reason is not (TlsRefusal.ByOtherEnd or TlsRefusal.NoTls) || tries == Tries) return reason;
            await Task.Delay(s_pause, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<string?> AskAsync(IPEndPoint silo, TlsCredentials? credentials, CancellationToken cancellationToken)
    {
        string? reason = null;
        var (answered, connected) = (false, false);
        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        time.CancelAfter(s_patience);
        using var socket = new Socket(silo.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(silo, time.Token).ConfigureAwait(false);
            connected = true;
            var stream = new SslStream(new NetworkStream(socket));
            await using (stream.ConfigureAwait(false))
            {
                await stream.AuthenticateAsClientAsync(Options(), time.Token).ConfigureAwait(false);
                answered = true;

                // If the other end refuses this end's certificate, it shows only now.
                var count = await stream.ReadAsync(new byte[1], time.Token).ConfigureAwait(false);
                return count == 1 ? null : Refused();
            }
        }
        catch (Exception e) when (e is IOException or AuthenticationException or SocketException)
        {
            return connected ? Refused() : null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }

        SslClientAuthenticationOptions Options()
        {
            var options = new SslClientAuthenticationOptions { TargetHost = silo.Address.ToString(), ApplicationProtocols = [OrleansTls.Probe] };
            credentials?.Fill(options, silo, r => reason = r);
            var check = options.RemoteCertificateValidationCallback;
            options.RemoteCertificateValidationCallback = (sender, certificate, chain, errors) =>
            {
                answered = true;
                return check?.Invoke(sender, certificate, chain, errors) ?? true;
            };
            return options;
        }

        string? Refused() => (credentials, answered) switch
        {
            (null, true) => "it requires TLS with a certificate of the cluster's authority, and none is given here",
            (null, false) => null,
            (_, true) => reason ?? TlsRefusal.ByOtherEnd,
            (_, false) => TlsRefusal.NoTls,
        };
    }
}
