using System.Net;
using LisaOrleans.Silo;

namespace LisaOrleans.Cli;

/// <summary>The certificate with which a command comes to its cluster.</summary>
internal static class ClusterTls
{
    /// <summary>What is said of it; null where nothing is.</summary>
    public static ClusterTlsOptions? Options(SettingValues values)
    {
        var (certificate, authority) = (KnownSettings.ClusterTlsCertificate, KnownSettings.ClusterTlsCa);
        Setting[] settings = [certificate, KnownSettings.ClusterTlsKey, authority, KnownSettings.ClusterTlsName];
        if (settings.FirstOrDefault(values.Has) is not { } given) return null;
        foreach (var needed in (Setting[])[certificate, authority])
            if (!values.Has(needed)) throw new UsageException($"{values.Place(given.Key)}: needs --{needed.Flag} too");
        return new ClusterTlsOptions
        {
            CertificateFile = values.FullPath(certificate),
            KeyFile = values.OptionalPath(KnownSettings.ClusterTlsKey),
            Password = Environment.GetEnvironmentVariable(SettingsEnvironment.TlsPasswordVariable),
            AuthorityFile = values.FullPath(authority),
            ServerName = values.OptionalText(KnownSettings.ClusterTlsName),
        };
    }

    /// <summary>What a silo of these settings has in common with others of its cluster.</summary>
    public static ClusterTraits Traits(SettingValues values) => ClusterTraits.Own(tls: values.Has(KnownSettings.ClusterTlsCertificate));

    /// <summary>The same, once it is known that the files can be used.</summary>
    /// <param name="values">The command's settings.</param>
    /// <param name="host">The address at which others reach this silo, and will look for in its certificate; null for a client.</param>
    public static ClusterTlsOptions? Checked(SettingValues values, IPAddress? host)
    {
        if (Options(values) is not { } options) return null;
        try
        {
            SiloCertificate.Check(options, host);
            return options;
        }
        catch (ClusterTlsException e)
        {
            var setting = e.Option switch
            {
                nameof(options.KeyFile) => KnownSettings.ClusterTlsKey,
                nameof(options.AuthorityFile) => KnownSettings.ClusterTlsCa,
                _ => KnownSettings.ClusterTlsCertificate,
            };
            var place = e.Option == nameof(options.Password) ? SettingsEnvironment.TlsPasswordVariable : values.Place(setting.Key);
            throw new UsageException($"{place}: {e.Message}");
        }
    }
}
