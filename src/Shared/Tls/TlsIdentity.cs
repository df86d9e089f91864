using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace LisaOrleans;

/// <summary>What the files of a <see cref="ClusterTlsOptions"/> held when they were read: a certificate that can be used now.</summary>
/// <param name="Own">The certificate with its key, and the intermediate ones up to its authority.</param>
/// <param name="Authorities">The authorities of the others' certificates.</param>
/// <param name="AuthorityFile">The file that they were read from, for messages.</param>
internal sealed record TlsIdentity(SslStreamCertificateContext Own, X509Certificate2Collection Authorities, string AuthorityFile)
{
    private const string ServerUsage = "1.3.6.1.5.5.7.3.1";
    private const string ClientUsage = "1.3.6.1.5.5.7.3.2";

    /// <summary>Reads the files.</summary>
    /// <exception cref="ClusterTlsException">A file cannot be used; the message names it.</exception>
    public static TlsIdentity Read(ClusterTlsOptions options)
    {
        var authorities = ReadAuthorities(options);
        X509Certificate2Collection chain = [];
        var certificate = ReadCertificate(options, chain);
        var identity = new TlsIdentity(SslStreamCertificateContext.Create(certificate, chain, offline: true), authorities, options.AuthorityFile);
        identity.Check(certificate, chain, options.CertificateFile);
        return identity;
    }

    /// <summary>The files that options name, each with the option.</summary>
    public static IEnumerable<(string Option, string File)> FilesOf(ClusterTlsOptions options) =>
        from named in ((string, string?)[])
        [
            (nameof(options.CertificateFile), options.CertificateFile), (nameof(options.KeyFile), options.KeyFile),
            (nameof(options.AuthorityFile), options.AuthorityFile),
        ]
        where named.Item2 is { Length: > 0 }
        select (named.Item1, named.Item2);

    /// <summary>Refuses files that cannot be read again when they are renewed.</summary>
    /// <exception cref="ClusterTlsException">One is a pipe.</exception>
    public static void RefusePipes(ClusterTlsOptions options)
    {
        foreach (var (option, file) in FilesOf(options))
        {
            using var opened = ReadFile(option, file, File.OpenRead);
            if (!opened.CanSeek) throw Wrong(option, $"{file} is a pipe; a file is needed, which is read again when it is renewed");
        }
    }

    /// <summary>How the other end's certificate is to be checked; a new one for each connection, which changes it.</summary>
    public X509ChainPolicy CreatePolicy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(Authorities);
        return policy;
    }

    private static X509Certificate2Collection ReadAuthorities(ClusterTlsOptions options)
    {
        var file = options.AuthorityFile;
        if (file.Length == 0)
        {
            throw Wrong(
                nameof(options.AuthorityFile), "is missing: the certificates of the authorities that the cluster's certificates come from, in PEM");
        }

        X509Certificate2Collection authorities = [];
        var text = ReadFile(nameof(options.AuthorityFile), file, File.ReadAllText);
        try
        {
            authorities.ImportFromPem(text);
        }
        catch (CryptographicException e)
        {
            throw Wrong(nameof(options.AuthorityFile), $"{file} holds no certificate in PEM: {e.Message}");
        }

        return authorities.Count > 0 ? authorities : throw Wrong(nameof(options.AuthorityFile), $"{file} holds no certificate in PEM");
    }

    private static X509Certificate2 ReadCertificate(ClusterTlsOptions options, X509Certificate2Collection chain)
    {
        var file = options.CertificateFile;
        if (file.Length == 0) throw Wrong(nameof(options.CertificateFile), "is missing: a certificate in PEM or PFX, with its private key");
        var bytes = ReadFile(nameof(options.CertificateFile), file, File.ReadAllBytes);
        var text = System.Text.Encoding.ASCII.GetString(bytes);
        try
        {
            if (!text.Contains("-----BEGIN ", StringComparison.Ordinal)) return ReadPfx(options, bytes, chain);
            chain.ImportFromPem(text);
            var key = options.KeyFile is { } keyFile ? ReadFile(nameof(options.KeyFile), keyFile, File.ReadAllText) : text;
            if (!key.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
            {
                throw options.KeyFile is null
                    ? Wrong(nameof(options.CertificateFile), $"{file} holds no private key, and no file is given that does")
                    : Wrong(nameof(options.KeyFile), $"{options.KeyFile} holds no private key in PEM");
            }

            if (!key.Contains("ENCRYPTED PRIVATE KEY-----", StringComparison.Ordinal)) return X509Certificate2.CreateFromPem(text, key);
            return X509Certificate2.CreateFromEncryptedPem(
                text, key, options.Password ?? throw Wrong(nameof(options.Password), $"is missing: the private key of {file} is encrypted"));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw Wrong(
                nameof(options.CertificateFile),
                $"{file}{(options.KeyFile is null ? "" : $" and {options.KeyFile}")} cannot be used as a certificate with its private key: "
                    + e.Message);
        }
    }

    private static X509Certificate2 ReadPfx(ClusterTlsOptions options, byte[] bytes, X509Certificate2Collection chain)
    {
        var found = X509CertificateLoader.LoadPkcs12Collection(bytes, options.Password, X509KeyStorageFlags.DefaultKeySet);
        chain.AddRange(found);
        return found.FirstOrDefault(c => c.HasPrivateKey)
            ?? throw Wrong(nameof(options.CertificateFile), $"{options.CertificateFile} holds no private key");
    }

    private static T ReadFile<T>(string option, string file, Func<string, T> read)
    {
        try
        {
            return read(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Wrong(option, $"no such file: {file}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Wrong(option, $"{file} cannot be read: {e.Message}");
        }
    }

    private void Check(X509Certificate2 certificate, X509Certificate2Collection chain, string file)
    {
        using var path = new X509Chain { ChainPolicy = CreatePolicy() };
        path.ChainPolicy.ExtraStore.AddRange(chain);
        if (!path.Build(certificate))
            throw Wrong(nameof(ClusterTlsOptions.CertificateFile), $"{file}: {TlsRefusal.Explain(certificate, path, AuthorityFile)}");
        if (certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault()?.EnhancedKeyUsages is not { } usages) return;
        var allowed = usages.Cast<Oid>().Select(o => o.Value).ToArray();
        foreach (var (usage, name) in ((string, string)[])[(ServerUsage, "serverAuth"), (ClientUsage, "clientAuth")])
        {
            if (!allowed.Contains(usage))
                throw Wrong(
                    nameof(ClusterTlsOptions.CertificateFile),
                    $"{file}: the certificate {certificate.Subject} is not for {name}; its extended key usage must have serverAuth and clientAuth");
        }
    }

    private static ClusterTlsException Wrong(string option, string problem) => new(problem) { Option = option };
}
