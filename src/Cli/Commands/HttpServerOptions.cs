using System.Net;
using System.Security.Cryptography;
using LisaOrleans.Api;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Cli;

/// <summary>The settings of the HTTP API, of <c>lisa silo</c> and <c>lisa train</c>.</summary>
internal static class HttpServerOptions
{
    private const int LargestUpload = 1 << 20;

    public static ApiServerOptions From(SettingValues values) => new()
    {
        Keys = Keys(values),
        ModelsFolder = values.OptionalPath(KnownSettings.ModelsFolder) is not { } models ? null
            : Directory.Exists(models) ? models
            : throw Wrong(values, KnownSettings.ModelsFolder, $"no such folder: {models}"),
        Certificate = Certificate(values),
        AllowedOrigins = Origins(values),
        MaxUploadBytes = Within(values, KnownSettings.MaxUpload, 1, LargestUpload) << 20,
        RequestsPerMinute = (int)Within(values, KnownSettings.RequestsPerMinute, 1, int.MaxValue),
    };

    /// <summary>Its keys; null where no file is named.</summary>
    /// <exception cref="UsageException">There is no such file.</exception>
    /// <exception cref="InvalidDataFileException">A line of it is wrong, or there is none.</exception>
    public static ApiKeys? Keys(SettingValues values)
    {
        if (values.OptionalPath(KnownSettings.ApiKeyFile) is not { } path) return null;
        var keys = ApiKeys.ReadFile(Existing(values, KnownSettings.ApiKeyFile, path));
        return keys.Count > 0 ? keys : throw new InvalidDataFileException(path, "has no key; lisa keys new makes one");
    }

    /// <summary>The port of <c>lisa train</c>, which has a server only where one is given.</summary>
    /// <exception cref="UsageException">It is none, or a setting of a server is given without it.</exception>
    public static int? OptionalPort(SettingValues values)
    {
        var port = KnownSettings.TrainHttpPort;
        if (values.Has(port)) return (int)Within(values, port, 0, IPEndPoint.MaxPort);
        return KnownSettings.HttpServer.FirstOrDefault(values.Has) is { } unused
            ? throw values.Unused(unused, port.Flag)
            : null;
    }

    /// <summary>Where the server listens, for people.</summary>
    public static string Describe(IPAddress host, int port, ApiServerOptions options)
    {
        var (address, isOwn) = HttpListening.At(host, options.Keys is not null)[^1];
        return $"HTTP at {(isOwn && options.Certificate is not null ? "https" : "http")}://{new IPEndPoint(address, port)}, "
            + (options.Keys is { } keys ? $"{keys.Count} API keys" : "on loopback only, as there are no API keys");
    }

    private static ServerCertificate? Certificate(SettingValues values)
    {
        var certificate = values.OptionalPath(KnownSettings.TlsCertificate);
        var key = values.OptionalPath(KnownSettings.TlsKey);
        if (certificate is null && key is null) return null;
        if (certificate is null) throw Wrong(values, KnownSettings.TlsKey, $"needs --{KnownSettings.TlsCertificate.Flag} too");
        if (key is null) throw Wrong(values, KnownSettings.TlsCertificate, $"needs --{KnownSettings.TlsKey.Flag} too");
        try
        {
            return new ServerCertificate(
                Existing(values, KnownSettings.TlsCertificate, certificate), Existing(values, KnownSettings.TlsKey, key));
        }
        catch (CryptographicException e)
        {
            throw Wrong(
                values, KnownSettings.TlsCertificate, $"{certificate} and {key} are not a certificate and its private key in PEM: {e.Message}");
        }
    }

    private static IReadOnlyList<string> Origins(SettingValues values)
    {
        var setting = KnownSettings.AllowOrigin;
        var origins = values.Names(setting);
        if (origins.Count > 0 && !values.Has(KnownSettings.ApiKeyFile))
            throw Wrong(values, setting, $"needs --{KnownSettings.ApiKeyFile.Flag} too: without keys the server answers to no other site's pages");
        return [.. origins.Select(text => ApiCors.ParseOrigin(text)
            ?? throw Wrong(values, setting, $"'{text}' must be an origin: http or https, a host and perhaps a port, as https://app.example.com"))];
    }

    private static string Existing(SettingValues values, Setting setting, string path) => NamedFile.Existing(path, values.Place(setting.Key));

    private static long Within(SettingValues values, Setting setting, long lowest, long highest)
    {
        var number = values.Integer(setting);
        return number >= lowest && number <= highest ? number : throw Wrong(values, setting, $"'{number}' must be from {lowest} to {highest}");
    }

    private static UsageException Wrong(SettingValues values, Setting setting, string problem) => new($"{values.Place(setting.Key)}: {problem}");
}
