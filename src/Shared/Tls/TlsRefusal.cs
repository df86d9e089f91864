using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace LisaOrleans;

/// <summary>Says why a certificate is refused.</summary>
internal static class TlsRefusal
{
    /// <summary>The reason to give if the other end refuses: all that this end sees is a broken connection.</summary>
    public const string ByOtherEnd = "it refuses this certificate; its log says why";

    /// <summary>The other end does not encrypt.</summary>
    public const string NoTls = "it does not use TLS";

    /// <summary>The reason; null if there is none.</summary>
    /// <param name="certificate">The other end's certificate; null if it showed none.</param>
    /// <param name="chain">How it was checked.</param>
    /// <param name="errors">What was found.</param>
    /// <param name="name">The name that it should be for; null for any.</param>
    /// <param name="authorityFile">Where the authorities are.</param>
    public static string? Find(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors, string? name, string authorityFile)
    {
        if (errors == SslPolicyErrors.None) return null;
        if (certificate is not X509Certificate2 shown) return "it showed no certificate";
        return errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors)
            ? Explain(shown, chain, authorityFile)
            : $"its certificate {shown.Subject} is not for '{name}' but for {string.Join(", ", Names(shown).DefaultIfEmpty("no name"))}";
    }

    /// <summary>What is wrong with a certificate whose chain could not be built.</summary>
    public static string Explain(X509Certificate2 certificate, X509Chain? chain, string authorityFile)
    {
        if (certificate.NotAfter < DateTime.Now) return $"the certificate {certificate.Subject} expired on {Date(certificate.NotAfter)}";
        if (certificate.NotBefore > DateTime.Now) return $"the certificate {certificate.Subject} is valid only from {Date(certificate.NotBefore)} on";
        var status = chain?.ChainStatus ?? [];
        return status.Any(s => s.Status is X509ChainStatusFlags.UntrustedRoot or X509ChainStatusFlags.PartialChain)
            ? $"the certificate {certificate.Subject} was not issued by an authority in {authorityFile}"
            : $"the certificate {certificate.Subject} is refused: {string.Join(' ', status.Select(s => s.StatusInformation.Trim()).Distinct())}";
    }

    private static string Date(DateTime local) => local.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private static IEnumerable<string> Names(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(n => n.EnumerateDnsNames().Concat(n.EnumerateIPAddresses().Select(a => a.ToString())));
}
