using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace LisaOrleans.Api;

/// <summary>Server-sent events, as OpenAI writes them: <c>data: JSON</c> and an empty line each, and <c>data: [DONE]</c> at the end.</summary>
internal sealed class CompletionStream(HttpResponse response)
{
    /// <summary>Sends the headers.</summary>
    public Task BeginAsync(CancellationToken cancellationToken)
    {
        response.ContentType = "text/event-stream; charset=utf-8";
        response.Headers.CacheControl = "no-cache";

        // Proxies such as nginx would buffer the pieces.
        response.Headers["X-Accel-Buffering"] = "no";
        return response.StartAsync(cancellationToken);
    }

    public Task WriteAsync(JsonObject json, CancellationToken cancellationToken) => WriteAsync(CompletionJson.Bytes(json), cancellationToken);

    public Task EndAsync(CancellationToken cancellationToken) => WriteAsync("[DONE]"u8.ToArray(), cancellationToken);

    private async Task WriteAsync(byte[] data, CancellationToken cancellationToken)
    {
        await response.Body.WriteAsync((byte[])[.. "data: "u8, .. data, .. "\n\n"u8], cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
    }
}
