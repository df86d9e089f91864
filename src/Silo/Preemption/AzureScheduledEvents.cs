using System.Net.Http.Json;
using System.Text.Json;

namespace LisaOrleans.Silo;

/// <summary>
/// Azure Scheduled Events, api-version 2020-07-01. Approving an event starts it for every resource that it lists. So an event
/// that lists resources other than this machine is not approved and starts at its own time.
/// </summary>
public sealed class AzureScheduledEvents(HttpClient http, Uri endpoint, string machine) : IPreemptionSource
{
    /// <summary>Where the service is on Azure's machines.</summary>
    public static Uri DefaultEndpoint { get; } = new("http://169.254.169.254/metadata/scheduledevents?api-version=2020-07-01");

    private static readonly string[] s_ends = ["Preempt", "Terminate", "Redeploy", "Reboot"];

    private bool _alone;

    /// <inheritdoc/>
    public string Name => "azure";

    /// <inheritdoc/>
    public async Task<PreemptionNotice?> PollAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, endpoint) { Headers = { { "Metadata", "true" } } };
        using var response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
        try
        {
            using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false));
            foreach (var item in document.RootElement.GetProperty("Events").EnumerateArray())
            {
                var kind = item.GetProperty("EventType").GetString();
                if (!s_ends.Contains(kind)) continue;
                var resources = item.TryGetProperty("Resources", out var list) ? list.EnumerateArray().Select(r => r.GetString()).ToArray() : [];
                if (resources.Length > 0 && !resources.Contains(machine, StringComparer.OrdinalIgnoreCase)) continue;
                _alone = resources.Length <= 1;
                var id = item.GetProperty("EventId").GetString() ?? throw new InvalidDataException("scheduled events: field 'EventId' is null");
                return new PreemptionNotice(Name, id, kind!);
            }

            return null;
        }
        catch (Exception e) when (NoticeFault.Is(e))
        {
            throw NoticeFault.Of("scheduled events", e);
        }
    }

    /// <inheritdoc/>
    public async Task ApproveAsync(PreemptionNotice notice, CancellationToken cancellationToken)
    {
        if (!_alone) return;
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint)
        {
            Headers = { { "Metadata", "true" } },
            Content = JsonContent.Create(new { StartRequests = new[] { new { EventId = notice.Id } } }, options: JsonSerializerOptions.Default),
        };
        using var response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
    }
}
