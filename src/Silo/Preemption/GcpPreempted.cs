using System.Text;

namespace LisaOrleans.Silo;

/// <summary>Google Cloud: the instance's <c>preempted</c> value turns TRUE, about 30 s before the end.</summary>
public sealed class GcpPreempted(HttpClient http, Uri endpoint) : IPreemptionSource
{
    /// <summary>Where the service is on Google's machines.</summary>
    public static Uri DefaultEndpoint { get; } = new("http://metadata.google.internal/");

    /// <inheritdoc/>
    public string Name => "gcp";

    /// <inheritdoc/>
    public async Task<PreemptionNotice?> PollAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(endpoint, "computeMetadata/v1/instance/preempted"))
        {
            Headers = { { "Metadata-Flavor", "Google" } },
        };
        using var response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();

        // As bytes: reading text would throw another kind of exception if the answer names an encoding that does not exist.
        return Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false)).Trim() switch
        {
            "TRUE" => new PreemptionNotice(Name, "preempted", "Preempt"),
            "FALSE" => null,
            var other => throw new InvalidDataException($"preempted: must be TRUE or FALSE, not '{other[..Math.Min(other.Length, 40)]}'"),
        };
    }

    /// <inheritdoc/>
    public Task ApproveAsync(PreemptionNotice notice, CancellationToken cancellationToken) => Task.CompletedTask;
}
