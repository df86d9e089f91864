using System.Net.Http.Json;
using System.Text.Json;

namespace LisaOrleans.Silo;

/// <summary>
/// Azure Scheduled Events, api-version 2020-07-01. Approving an event starts it for every resource that it lists. So an event
/// that lists resources other than this machine is not approved and starts at its own time.
/// </summary>
/// <param name="http">The client to ask with; not owned.</param>
/// <param name="endpoint">Where the service is.</param>
/// <param name="machine">This machine's name.</param>
/// <param name="uptime">How long ago the machine booted; null (default) asks the system.</param>
public sealed class AzureScheduledEvents(HttpClient http, Uri endpoint, string machine, Func<TimeSpan>? uptime = null) : IPreemptionSource
{
    /// <summary>Where the service is on Azure's machines.</summary>
    public static Uri DefaultEndpoint { get; } = new("http://169.254.169.254/metadata/scheduledevents?api-version=2020-07-01");

    private static readonly string[] s_ends = ["Preempt", "Terminate", "Redeploy", "Reboot"];

    // After these the machine is there again. Their events may be listed for minutes after it has begun anew. When one began the service does
    // not say: what is under way has no NotBefore. So on a machine that has been up for longer than this, it is still to come.
    private static readonly string[] s_restarts = ["Redeploy", "Reboot"];
    private static readonly TimeSpan s_listed = TimeSpan.FromHours(1);

    private bool _alone;

    // Restarts that were under way when this process first asked, on a machine that had booted lately: they are not its end. Null before.
    private HashSet<string?>? _past;

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
            var events = document.RootElement.GetProperty("Events").EnumerateArray().ToArray();
            _past = Past(events);
            foreach (var item in events)
            {
                var kind = item.GetProperty("EventType").GetString();
                if (!s_ends.Contains(kind)) continue;
                var resources = item.TryGetProperty("Resources", out var list) ? list.EnumerateArray().Select(r => r.GetString()).ToArray() : [];
                if (resources.Length > 0 && !resources.Contains(machine, StringComparer.OrdinalIgnoreCase)) continue;
                var id = item.GetProperty("EventId").GetString() ?? throw new InvalidDataException("scheduled events: field 'EventId' is null");
                if (_past.Contains(id)) continue;
                _alone = resources.Length <= 1;
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

    private HashSet<string?> Past(IReadOnlyList<JsonElement> events) => _past is not null
        ? [.. _past.Intersect(events.Select(Id))]
        : (uptime?.Invoke() ?? TimeSpan.FromMilliseconds(Environment.TickCount64)) < s_listed
            ? [.. events.Where(IsRestartUnderWay).Select(Id)]
            : [];

    private static bool IsRestartUnderWay(JsonElement item) =>
        s_restarts.Contains(item.GetProperty("EventType").GetString())
        && item.TryGetProperty("EventStatus", out var status) && status.GetString() == "Started";

    private static string? Id(JsonElement item) => item.TryGetProperty("EventId", out var id) ? id.GetString() : null;
}
