using System.Buffers;
using System.Net;
using System.Net.Security;
using Microsoft.AspNetCore.Connections;
using Orleans.Connections.Security;

namespace LisaOrleans;

/// <summary>Puts TLS around Orleans' connections, and says why each refused one was refused.</summary>
/// <param name="credentials">The certificates; null for a cluster without TLS, which says so to connections that use it.</param>
/// <param name="refused">Called with the other end and why it is refused.</param>
internal sealed class OrleansTls(TlsCredentials? credentials, Action<EndPoint?, string> refused)
{
    /// <summary>The protocol that <see cref="TlsProbe"/> speaks instead of Orleans' own: a single byte comes back.</summary>
    public static readonly SslApplicationProtocol Probe = new("lisa-probe");

    private static readonly TimeSpan s_probePatience = TimeSpan.FromSeconds(5);

    /// <summary>For incoming connections.</summary>
    public void AddServer(IConnectionBuilder connection)
    {
        connection.Use(next => context => AdmitAsync(context, next));
        if (credentials is null) return;
        connection.UseServerTls(new TlsOptions
        {
            // Only a start: the code below sets everything, for each connection anew.
            RemoteCertificateMode = RemoteCertificateMode.NoCertificate,
            LocalServerCertificateSelector = (_, _) => credentials.Current.Own.TargetCertificate,
            OnAuthenticateAsServer = (context, server) =>
            {
                var options = (SslServerAuthenticationOptions)server.SslServerAuthenticationOptions;
                credentials.Fill(options, reason => refused(context.RemoteEndPoint, reason));
                options.ApplicationProtocols!.Add(Probe);
            },
        });
        connection.Use(next => context => IsProbe(context) ? AnswerAsync(context) : next(context));
    }

    /// <summary>For outgoing connections.</summary>
    public void AddClient(IConnectionBuilder connection)
    {
        if (credentials is null) return;
        connection.UseClientTls(new TlsOptions
        {
            RemoteCertificateMode = RemoteCertificateMode.NoCertificate,
            ClientCertificateMode = RemoteCertificateMode.NoCertificate,
            OnAuthenticateAsClient = (context, client) => credentials.Fill(
                (SslClientAuthenticationOptions)client.SslClientAuthenticationOptions, context.RemoteEndPoint,
                reason => refused(context.RemoteEndPoint, reason)),
        });
    }

    private static bool IsProbe(ConnectionContext context) =>
        context.Features.Get<ITlsApplicationProtocolFeature>() is { } spoken && spoken.ApplicationProtocol.Span.SequenceEqual(Probe.Protocol.Span);

    // It is the other end that closes: if this end did, the answer could be lost with the connection.
    private static async Task AnswerAsync(ConnectionContext context)
    {
        using var time = new CancellationTokenSource(s_probePatience);
        context.Transport.Output.Write((ReadOnlySpan<byte>)[1]);
        await context.Transport.Output.FlushAsync(time.Token).ConfigureAwait(false);
        try
        {
            await context.Transport.Input.ReadAsync(time.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The other end is gone, or its time is up.
        }
    }

    // Decides by the first bytes, before TLS or Orleans would give an error that nobody understands.
    private async Task AdmitAsync(ConnectionContext context, ConnectionDelegate next)
    {
        var input = context.Transport.Input;
        var read = await input.ReadAsync(CancellationToken.None).ConfigureAwait(false);
        while (read.Buffer.Length < TlsHello.Bytes && !read.IsCompleted && !read.IsCanceled)
        {
            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            read = await input.ReadAsync(CancellationToken.None).ConfigureAwait(false);
        }

        var (length, begins) = (read.Buffer.Length, TlsHello.Begins(read.Buffer.Slice(0, Math.Min(TlsHello.Bytes, read.Buffer.Length)).ToArray()));
        input.AdvanceTo(read.Buffer.Start);

        // Whoever only asks whether the port is open says nothing.
        if (length == 0 && read.IsCompleted) return;
        if (length == 0 || begins == credentials is not null)
        {
            await next(context).ConfigureAwait(false);
            return;
        }

        refused(context.RemoteEndPoint, begins ? "it uses TLS, and this silo does not" : TlsRefusal.NoTls);
        context.Abort();
    }
}
