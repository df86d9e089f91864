using LisaOrleans.Checkpoints;

namespace LisaOrleans.Client;

/// <summary>Where a cluster is, and how patient a client is with it.</summary>
public sealed class LisaClientOptions
{
    internal const string DefaultRedis = "localhost:6379";

    /// <value>The cluster's id: what its silos were started with. Default <c>lisa</c>.</value>
    public string ClusterId { get; set; } = "lisa";

    /// <value>
    /// The cluster's Redis, as HOST:PORT, <c>redis://user:password@host:port</c>, <c>rediss://…</c>, or a StackExchange.Redis
    /// configuration. Default <c>localhost:6379</c>.
    /// </value>
    public string Redis { get; set; } = DefaultRedis;

    /// <value>
    /// Where the cluster has no Redis: its tables in Azure Storage, as a connection string or a URL
    /// (<c>https://ACCOUNT.table.core.windows.net</c>, with a signature or for DefaultAzureCredential). Default null.
    /// </value>
    public string? AzureTables { get; set; }

    /// <value>This client's certificate, where the cluster uses TLS. Default null: none.</value>
    public ClusterTlsOptions? Tls { get; set; }

    /// <value>
    /// The cluster's blob store: a folder, <c>s3://BUCKET/PREFIX</c>, an Azure Storage connection string, or a container's URL. Needed to
    /// submit runs and to download models, for nothing else. Default null.
    /// </value>
    public string? Store { get; set; }

    /// <value>Where the server of an <c>s3://</c> store is. Default null: AWS, or what AWS's own variables name.</value>
    public S3Options? S3 { get; init; }

    /// <value>How long to look for a live silo when connecting. Default 30 seconds.</value>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <value>How long a call is repeated while the cluster recovers from the loss of silos. Default 30 seconds.</value>
    public TimeSpan RetryTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <value>How long pausing and cancelling wait for the current step. Default 10 minutes; the run stops even if the wait ends earlier.</value>
    public TimeSpan StopTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <value>How long a cluster may take to turn a submission into a run. Default 2 hours.</value>
    public TimeSpan ImportTimeout { get; set; } = TimeSpan.FromHours(2);

    /// <value>How long a watch looks for a cluster that does not answer. Default 10 minutes.</value>
    public TimeSpan WatchTimeout { get; set; } = TimeSpan.FromMinutes(10);
}
