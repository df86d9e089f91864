using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;

namespace LisaOrleans.Cluster;

/// <summary>The sample service, in a process of its own.</summary>
internal sealed class ServiceProcess : IAsyncDisposable
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    private readonly HttpClient _http;
    private readonly ServerProcess _process;

    private ServiceProcess(HttpClient http, ServerProcess process) => (_http, _process) = (http, process);

    /// <summary>Its number in the system.</summary>
    public int ProcessId => _process.Id;

    public static async Task<ServiceProcess> StartAsync(TestCluster cluster, CancellationToken cancellationToken)
    {
        var port = Ports.Free();
        var process = ServerProcess.Start(
            Executables.SampleService,
            [
                "--urls", $"http://127.0.0.1:{port}", "--Lisa:ClusterId", TestCluster.Id, "--Lisa:Redis", $"127.0.0.1:{cluster.Redis.Port}",
                "--Lisa:Store", cluster.Store, "--Lisa:Model", Path.Combine(Executables.Repository, "samples", "tiny-stories"),
                "--Lisa:Data", Path.Combine(Executables.Repository, "samples", "animals.jsonl"),
            ],
            Path.Combine(cluster.Folder, "service.log"));
        var service = new ServiceProcess(
            new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = Timeout.InfiniteTimeSpan }, process);
        while (!await service.IsUpAsync(cancellationToken)) await Task.Delay(50, cancellationToken);
        return service;
    }

    public async Task<HttpResponseMessage> PostAsync(string path, object body, CancellationToken cancellationToken) =>
        await _http.PostAsJsonAsync(new Uri(path, UriKind.Relative), body, s_json, cancellationToken);

    public async Task<HttpResponseMessage> GetAsync(string path, CancellationToken cancellationToken) =>
        await _http.GetAsync(new Uri(path, UriKind.Relative), cancellationToken);

    /// <summary>The events that the service streams, to the end of the stream.</summary>
    public async IAsyncEnumerable<(string Id, TrainingEvent Event)> EventsAsync(
        string run, string? lastEventId, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"/runs/{run}/events", UriKind.Relative));
        if (lastEventId is not null) request.Headers.Add("Last-Event-ID", lastEventId);
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        response.EnsureSuccessStatusCode();
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var events = SseParser.Create(stream, (_, bytes) => JsonSerializer.Deserialize<TrainingEvent>(bytes, s_json)!);
        await foreach (var item in events.EnumerateAsync(cancellationToken)) yield return (item.EventId!, item.Data);
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _http.Dispose();
    }

    private async Task<bool> IsUpAsync(CancellationToken cancellationToken)
    {
        if (_process.HasExited) throw new InvalidOperationException($"the service ended with {_process.ExitCode}");
        try
        {
            using var response = await GetAsync("/health", cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
