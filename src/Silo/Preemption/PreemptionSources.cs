namespace LisaOrleans.Silo;

/// <summary>All sources of preemption notices, by name.</summary>
public static class PreemptionSources
{
    /// <summary>The names that <see cref="Create"/> knows. SIGTERM is always obeyed.</summary>
    public static IReadOnlyList<string> Names { get; } = ["azure", "aws", "gcp"];

    /// <summary>Makes a client for sources. Only this machine reaches its own service, which a proxy would not, and answers for itself.</summary>
    public static HttpClient CreateClient() =>
        new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Makes a source.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="endpoint">Where its service is; null for the cloud's usual place.</param>
    /// <param name="machine">This machine's name in the cloud, for events that list machines.</param>
    /// <param name="http">The client to ask with; not owned.</param>
    public static IPreemptionSource Create(string name, Uri? endpoint, string machine, HttpClient http) => name switch
    {
        "azure" => new AzureScheduledEvents(http, endpoint ?? AzureScheduledEvents.DefaultEndpoint, machine),
        "aws" => new AwsInstanceAction(http, endpoint ?? AwsInstanceAction.DefaultEndpoint),
        "gcp" => new GcpPreempted(http, endpoint ?? GcpPreempted.DefaultEndpoint),
        _ => throw new ArgumentException($"'{name}' is none of {string.Join(", ", Names)}", nameof(name)),
    };
}
