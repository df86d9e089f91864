using System.Net;
using System.Text;
using System.Text.Json;

namespace LisaOrleans.Cluster;

/// <summary>Azure's scheduled events as one machine sees them: none, then a preemption, until it is approved.</summary>
internal sealed class EventsServer : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;
    private readonly TaskCompletionSource _approved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _announced;

    public EventsServer()
    {
        var port = Ports.Free();
        Endpoint = $"http://127.0.0.1:{port}/metadata/scheduledevents";
        _listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Endpoint { get; }

    /// <summary>Ends when the machine says that it is ready to go.</summary>
    public Task Approved => _approved.Task;

    public void Announce() => _announced = true;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Close();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var context = await _listener.GetContextAsync();
            if (context.Request.HttpMethod == "POST") _approved.TrySetResult();
            object[] events = _announced && !_approved.Task.IsCompleted
                ?
                [
                    new
                    {
                        EventId = "e1", EventType = "Preempt", ResourceType = "VirtualMachine", Resources = new[] { Environment.MachineName },
                        EventStatus = "Scheduled", NotBefore = "", Description = "", EventSource = "Platform", DurationInSeconds = -1,
                    },
                ]
                : [];
            context.Response.StatusCode = context.Request.Headers["Metadata"] == "true" ? 200 : 400;
            await context.Response.OutputStream.WriteAsync(
                Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { DocumentIncarnation = 1, Events = events })));
            context.Response.Close();
        }
    }
}
