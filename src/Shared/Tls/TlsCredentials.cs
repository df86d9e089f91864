using System.Net;
using System.Net.Security;
using System.Security.Authentication;

namespace LisaOrleans;

/// <summary>
/// A cluster's TLS: both ends of every connection show a certificate, and each checks the other's. The end that connects also
/// checks the name. New connections use the files' current content, so certificates are renewed without a restart.
/// </summary>
internal sealed class TlsCredentials
{
    private const SslProtocols Protocols = SslProtocols.Tls12 | SslProtocols.Tls13;

    // How soon files that could not be used are tried again: a certificate may have been put in place before it is valid.
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private readonly ClusterTlsOptions _options;
    private readonly Action<string> _notRenewed;
    private readonly TimeProvider _time;
    private readonly WatchedFiles _files;
    private readonly Lock _lock = new();
    private TlsIdentity _identity;
    private long _tried;

    // The name that others look for; null where nobody does.
    private string? _name;

    /// <summary>Reads the files.</summary>
    /// <param name="options">Says which files.</param>
    /// <param name="notRenewed">Told once why changed files cannot be used; what they held before stays in use, until they can.</param>
    /// <param name="time">The clock between two tries; null for the system's.</param>
    /// <exception cref="ClusterTlsException">A file cannot be used; the message names it.</exception>
    public TlsCredentials(ClusterTlsOptions options, Action<string>? notRenewed = null, TimeProvider? time = null)
    {
        (_options, _notRenewed, _time) = (options, notRenewed ?? (_ => { }), time ?? TimeProvider.System);
        TlsIdentity.RefusePipes(options);
        _files = new WatchedFiles([.. TlsIdentity.FilesOf(options).Select(f => f.File)]);
        _identity = TlsIdentity.Read(options);
    }

    /// <summary>The current certificate, with what is needed to check others'.</summary>
    public TlsIdentity Current
    {
        get
        {
            lock (_lock)
            {
                if (_files.HaveChanged() && !(_files.AreRefused && _time.GetElapsedTime(_tried) < s_pause)) Renew();
                return _identity;
            }
        }
    }

    private void Renew()
    {
        _tried = _time.GetTimestamp();
        try
        {
            var renewed = TlsIdentity.Read(_options);
            if (_name is not null) CheckName(renewed, _name);
            _identity = renewed;
            _files.Use();
        }
        catch (ClusterTlsException e)
        {
            if (_files.Refuse()) _notRenewed(e.Message);
        }
    }

    /// <summary>Refuses this certificate, and those that it is renewed by, if others would not accept it for the silo at an address.</summary>
    /// <exception cref="ClusterTlsException">The certificate is for other names.</exception>
    public void CheckName(IPAddress address)
    {
        var name = _options.ServerName ?? address.ToString();
        CheckName(Current, name);
        lock (_lock) _name = name;
    }

    private void CheckName(TlsIdentity identity, string name)
    {
        var certificate = identity.Own.TargetCertificate;
        if (certificate.MatchesHostname(name)) return;
        throw new ClusterTlsException(
            $"{_options.CertificateFile}: the certificate {certificate.Subject} is not for '{name}', the name that the others look for; "
            + "it must be among its subject alternative names")
        {
            Option = nameof(_options.CertificateFile),
        };
    }

    /// <summary>For the end that listens.</summary>
    /// <param name="protocol">What is spoken.</param>
    /// <param name="refused">Told why the other end is refused.</param>
    public SslServerAuthenticationOptions CreateServerOptions(SslApplicationProtocol protocol, Action<string> refused)
    {
        var server = new SslServerAuthenticationOptions();
        Fill(server, refused);
        server.ApplicationProtocols = [protocol];
        return server;
    }

    /// <summary>For the end that connects.</summary>
    /// <param name="end">Where to connect to.</param>
    /// <param name="protocol">What is spoken.</param>
    /// <param name="refused">Told why the other end is refused.</param>
    public SslClientAuthenticationOptions CreateClientOptions(EndPoint? end, SslApplicationProtocol protocol, Action<string> refused)
    {
        var client = new SslClientAuthenticationOptions();
        Fill(client, end, refused);
        client.ApplicationProtocols = [protocol];
        return client;
    }

    /// <summary>Sets all but the protocol that is spoken.</summary>
    public void Fill(SslServerAuthenticationOptions server, Action<string> refused)
    {
        var identity = Current;
        (server.ServerCertificate, server.ServerCertificateSelectionCallback, server.ServerCertificateContext) = (null, null, identity.Own);
        (server.ClientCertificateRequired, server.CertificateChainPolicy) = (true, identity.CreatePolicy());
        (server.EnabledSslProtocols, server.AllowRenegotiation, server.AllowTlsResume) = (Protocols, false, false);
        server.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
            Accept(TlsRefusal.Find(certificate, chain, errors, name: null, identity.AuthorityFile), refused);
    }

    /// <summary>Sets all but the protocol that is spoken.</summary>
    public void Fill(SslClientAuthenticationOptions client, EndPoint? end, Action<string> refused)
    {
        var (identity, name) = (Current, _options.ServerName ?? ((end as IPEndPoint)?.Address.ToString() ?? ""));
        (client.TargetHost, client.ClientCertificateContext, client.CertificateChainPolicy) = (name, identity.Own, identity.CreatePolicy());
        (client.EnabledSslProtocols, client.AllowRenegotiation, client.AllowTlsResume) = (Protocols, false, false);
        client.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
            Accept(TlsRefusal.Find(certificate, chain, errors, name, identity.AuthorityFile), refused);
    }

    private static bool Accept(string? reason, Action<string> refused)
    {
        if (reason is not null) refused(reason);
        return reason is null;
    }
}
