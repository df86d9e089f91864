using System.Text.Json;

namespace LisaOrleans.Silo.Tests;

/// <summary>Answers as Azure's Scheduled Events do.</summary>
internal static class ScheduledEventsService
{
    private const string Path = "/metadata/scheduledevents?api-version=2020-07-01";

    public static AzureScheduledEvents Source(this MetadataService service, string machine, TimeSpan uptime = default) =>
        new(service.Http, new Uri(service.Address, Path), machine, () => uptime);

    public static object Event(string id, string type, params string[] resources) => Create("Scheduled", id, type, resources);

    public static object Started(string id, string type, params string[] resources) => Create("Started", id, type, resources);

    /// <summary>Answers like the service: only with the header and the version, and approvals with 200.</summary>
    public static void Announce(this MetadataService service, params object[] events) => service.Answer(() => JsonSerializer.Serialize(
        new { DocumentIncarnation = 1, Events = events }));

    public static void Answer(this MetadataService service, Func<string> document) => service.OnRequest = request =>
        request.Path == Path && request.Headers.GetValueOrDefault("Metadata") == "true"
            ? new(200, request.Method == "GET" ? document() : "")
            : new(400, "");

    private static object Create(string status, string id, string type, string[] resources) => new
    {
        EventId = id,
        EventType = type,
        ResourceType = "VirtualMachine",
        Resources = resources,
        EventStatus = status,
        NotBefore = status == "Started" ? "" : "Mon, 19 Sep 2026 18:29:47 GMT",
        Description = "",
        EventSource = "Platform",
        DurationInSeconds = -1,
    };
}
