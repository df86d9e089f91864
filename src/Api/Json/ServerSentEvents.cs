using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace LisaOrleans.Api;

/// <summary>
/// Writes a <c>text/event-stream</c>, with a comment now and then that shows both ends that the other is still there.
/// </summary>
internal sealed class ServerSentEvents : IAsyncDisposable
{
    public const string ContentType = "text/event-stream";
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(15);

    private readonly HttpResponse _response;
    private readonly CancellationTokenSource _over;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Task _beating;

    private ServerSentEvents(HttpResponse response, TimeProvider time, CancellationToken cancellationToken)
    {
        _response = response;
        _over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _beating = BeatAsync(time);
    }

    /// <summary>Begins the answer.</summary>
    public static async Task<ServerSentEvents> StartAsync(HttpResponse response, TimeProvider time, CancellationToken cancellationToken)
    {
        response.ContentType = ContentType;
        response.Headers.CacheControl = "no-cache";

        // Proxies such as nginx would buffer the events.
        response.Headers["X-Accel-Buffering"] = "no";
        await response.StartAsync(cancellationToken);
        return new ServerSentEvents(response, time, cancellationToken);
    }

    /// <summary>Writes an event.</summary>
    /// <param name="id">The id with which the reader may come back; null for none.</param>
    /// <param name="data">The data, written as JSON.</param>
    public Task WriteAsync<T>(string? id, T data) =>
        WriteAsync($"{(id is null ? "" : $"id: {id}\n")}data: {JsonSerializer.Serialize(data, ApiJson.Options)}\n\n");

    /// <summary>Writes OpenAI's last line.</summary>
    public Task WriteDoneAsync() => WriteAsync("data: [DONE]\n\n");

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _beating;
        _over.Dispose();
        _turn.Dispose();
    }

    private async Task WriteAsync(string text)
    {
        await _turn.WaitAsync(_over.Token);
        try
        {
            await _response.WriteAsync(text, _over.Token);
            await _response.Body.FlushAsync(_over.Token);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task BeatAsync(TimeProvider time)
    {
        try
        {
            using var timer = new PeriodicTimer(s_period, time);
            while (await timer.WaitForNextTickAsync(_over.Token)) await WriteAsync(": alive\n\n");
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The stream is over, or the reader is gone, which the next event will notice too.
        }
    }
}
