using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace LisaOrleans.Tests;

/// <summary>An authority of certificates for a test, which writes them as PEM files.</summary>
internal sealed class TestAuthority : IDisposable
{
    private const string ServerAuth = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuth = "1.3.6.1.5.5.7.3.2";

    private readonly string _folder;
    private readonly string _name;
    private readonly X509Certificate2 _root;

    public TestAuthority(string folder, string name)
    {
        (_folder, _name) = (Directory.CreateDirectory(folder).FullName, name);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddYears(-1), DateTimeOffset.UtcNow.AddYears(1));
        File.WriteAllText(PathOf("ca.pem"), _root.ExportCertificatePem());
    }

    /// <summary>Options of an end that trusts this authority and has one of its certificates.</summary>
    /// <param name="end">The certificate's name, and its files'.</param>
    /// <param name="from">Days from now on which it begins to be valid.</param>
    /// <param name="until">Days from now on which it ends.</param>
    /// <param name="address">The address that it is for.</param>
    /// <param name="isServer">Whether it may be a server's, too.</param>
    public ClusterTlsOptions Issue(string end, double from = -1, double until = 30, string address = "127.0.0.1", bool isServer = true)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={end}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse(address));
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid(ClientAuth), .. isServer ? (Oid[])[new Oid(ServerAuth)] : []], critical: false));
        using var certificate = request.Create(
            _root, DateTimeOffset.UtcNow.AddDays(from), DateTimeOffset.UtcNow.AddDays(until), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(PathOf($"{end}.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(PathOf($"{end}.key"), key.ExportPkcs8PrivateKeyPem());
        return new ClusterTlsOptions { CertificateFile = PathOf($"{end}.pem"), KeyFile = PathOf($"{end}.key"), AuthorityFile = PathOf("ca.pem") };
    }

    public void Dispose() => _root.Dispose();

    private string PathOf(string name) => Path.Combine(_folder, $"{_name}-{name}");
}
