namespace LisaOrleans.Api;

/// <summary>The HTTP API of a silo.</summary>
public sealed record ApiServerOptions
{
    /// <value>Who may call; null for only this machine, without a key.</value>
    public ApiKeys? Keys { get; init; }

    /// <value>Folder whose subfolders are the base models that jobs may name; null for none.</value>
    public string? ModelsFolder { get; init; }

    /// <value>The certificate for HTTPS; null for plain HTTP.</value>
    public ServerCertificate? Certificate { get; init; }

    /// <value>Origins (<c>https://app.example.com</c>) whose pages may read the answers in a browser; default none.</value>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <value>Is told of problems that whoever runs the server has to fix, besides the log; null if the log is enough.</value>
    public Action<string>? Tell { get; init; }

    /// <value>Largest file that may be uploaded, in bytes. Default 512 MiB.</value>
    public long MaxUploadBytes { get; init; } = 512L << 20;

    /// <value>Requests that one key may make in a minute, on this silo; health probes do not count. Default 600.</value>
    public int RequestsPerMinute { get; init; } = 600;
}
