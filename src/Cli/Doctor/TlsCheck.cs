using System.Globalization;
using System.Net;
using LisaOrleans.Silo;

namespace LisaOrleans.Cli;

/// <summary>Whether the cluster's certificate can be used here, and how long.</summary>
internal static class TlsCheck
{
    private const string Subject = "tls";
    private static readonly TimeSpan s_soon = TimeSpan.FromDays(14);

    /// <summary>Looks; null where none is named.</summary>
    public static Check? Run(SettingValues values)
    {
        try
        {
            if (ClusterTls.Options(values) is not { } options) return null;

            // Without a host it may be a client's certificate, in which nobody looks for a name, or that of a machine with an address of its own.
            IPAddress? host = values.Has(KnownSettings.Host) || options.ServerName is not null ? SiloAddresses.Host(values) : null;
            ClusterTls.Checked(values, host);
            var certificate = SiloCertificate.Check(options, host);
            var end = certificate.NotAfter.ToUniversalTime();
            var finding = string.Create(CultureInfo.InvariantCulture, $"{certificate.Subject}, valid until {end:yyyy-MM-dd HH:mm} UTC")
                + (host is null ? $"; its names were not looked at, which takes --{KnownSettings.Host.Flag}" : "");
            return end - DateTime.UtcNow < s_soon
                ? new Check(Subject, Verdict.Warning, finding, "Renew it; a silo takes the new files without a restart.")
                : new Check(Subject, Verdict.Ok, finding);
        }
        catch (UsageException e)
        {
            return new Check(Subject, Verdict.Fault, e.Message);
        }
    }
}
