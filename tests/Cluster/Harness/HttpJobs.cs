using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace LisaOrleans.Cluster;

/// <summary>Fine-tuning jobs over the HTTP API of one silo.</summary>
internal sealed class HttpJobs(Uri silo) : IDisposable
{
    /// <summary>Where the jobs are.</summary>
    public const string Path = "v1/fine_tuning/jobs";

    // The same body each time, so that a repetition is one.
    private const string Boundary = "lisa-upload-boundary";

    /// <summary>For other requests to the same silo.</summary>
    public HttpClient Http { get; } = new() { BaseAddress = silo, Timeout = TimeSpan.FromMinutes(2) };

    /// <summary>Uploads training data.</summary>
    /// <param name="path">The file.</param>
    /// <param name="key">The Idempotency-Key; null for none.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The file's id.</returns>
    public async Task<string> UploadAsync(string path, string? key, CancellationToken cancellationToken)
    {
        var content = new ByteArrayContent(await File.ReadAllBytesAsync(path, cancellationToken));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/jsonl");
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/files")
        {
            Content = new MultipartFormDataContent(Boundary) { { content, "file", "data.jsonl" }, { new StringContent("fine-tune"), "purpose" } },
        };
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        return (string)(await ReadAsync(await Http.SendAsync(request, cancellationToken), cancellationToken))["id"]!;
    }

    /// <summary>Creates a job from a request's body.</summary>
    public async Task<JsonObject> CreateAsync(object body, CancellationToken cancellationToken) =>
        await ReadAsync(await Http.PostAsJsonAsync(Path, body, cancellationToken), cancellationToken);

    /// <summary>A job's events as they happen, up to the stream's last line.</summary>
    /// <param name="job">The job.</param>
    /// <param name="lastEventId">The last event that was seen; null for none.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="IOException">The stream ended without its last line: it goes on at another silo.</exception>
    /// <exception cref="HttpRequestException">Nobody answers, or not as one should.</exception>
    public async IAsyncEnumerable<(string Id, JsonNode Event)> EventsAsync(
        string job, string? lastEventId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Path}/{job}/events?stream=true");
        if (lastEventId is not null) request.Headers.Add("Last-Event-ID", lastEventId);
        using var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        response.EnsureSuccessStatusCode();
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(cancellationToken))
        {
            if (item.Data == "[DONE]") yield break;
            yield return (item.EventId!, JsonNode.Parse(item.Data)!);
        }

        throw new IOException("the stream ended without its last line");
    }

    /// <summary>The body of an answer that has to be a good one.</summary>
    /// <exception cref="HttpRequestException">It is none; the message holds what was said.</exception>
    public static async Task<JsonObject> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            return response.IsSuccessStatusCode
                ? JsonNode.Parse(text)!.AsObject()
                : throw new HttpRequestException(
                    $"{response.RequestMessage!.RequestUri}: {response.StatusCode} {text}", inner: null, response.StatusCode);
        }
    }

    public void Dispose() => Http.Dispose();
}
