using System.Security.Cryptography.X509Certificates;

namespace LisaOrleans.Api;

/// <summary>The HTTP API of a silo.</summary>
public sealed record ApiServerOptions
{
    /// <value>Who may call; null for nobody but this machine, without a key.</value>
    public ApiKeys? Keys { get; init; }

    /// <value>Folder whose folders are the base models that jobs may name; null for none.</value>
    public string? ModelsFolder { get; init; }

    /// <value>For HTTPS; null for plain HTTP. Not owned.</value>
    public X509Certificate2? Certificate { get; init; }

    /// <value>Certificates that lead from it to one that callers trust. Default empty.</value>
    public X509Certificate2Collection CertificateChain { get; init; } = [];

    /// <value>Largest file that may be uploaded, in bytes. Default 512 MiB.</value>
    public long MaxUploadBytes { get; init; } = 512L << 20;

    /// <value>Requests that one key may make in a minute, on this silo; health probes do not count. Default 600.</value>
    public int RequestsPerMinute { get; init; } = 600;
}
