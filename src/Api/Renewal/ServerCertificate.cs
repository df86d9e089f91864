using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace LisaOrleans.Api;

/// <summary>The certificate that the server uses for HTTPS, with its private key and its chain, from two PEM files.</summary>
public sealed class ServerCertificate : IRenewed
{
    private readonly string _certificate;
    private readonly string _key;
    private readonly WatchedFiles _files;
    private volatile SslStreamCertificateContext _context;

    /// <summary>Reads it.</summary>
    /// <param name="certificate">The certificate, and the intermediate ones up to one that callers trust.</param>
    /// <param name="key">Its private key.</param>
    /// <exception cref="CryptographicException">They are not a certificate and its private key.</exception>
    public ServerCertificate(string certificate, string key)
    {
        (_certificate, _key, _files) = (certificate, key, new WatchedFiles(certificate, key));
        _context = Read();
    }

    /// <inheritdoc/>
    WatchedFiles? IRenewed.Files => _files;

    /// <summary>The certificate that new connections are shown.</summary>
    internal SslStreamCertificateContext Context => _context;

    /// <inheritdoc/>
    void IRenewed.ReadAgain() => _context = Read();

    private SslStreamCertificateContext Read()
    {
        try
        {
            X509Certificate2Collection chain = [];
            chain.ImportFromPemFile(_certificate);
            return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPemFile(_certificate, _key), chain, offline: true);
        }
        catch (ArgumentException e)
        {
            throw new CryptographicException(e.Message, e);
        }
    }
}
