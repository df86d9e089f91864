using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Cluster;

/// <summary>Stands between the silos and the blob service and, on order, answers in its place or damages what comes back.</summary>
internal sealed class BlobFaultProxy : IAsyncDisposable
{
    private static readonly string[] s_hopByHop = ["Transfer-Encoding", "Connection", "Keep-Alive"];

    private readonly WebApplication _app;
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.None });
    private readonly int _target;
    private readonly Lock _lock = new();
    private readonly Queue<BlobFault> _faults = new();
    private int _done;

    public BlobFaultProxy(int target)
    {
        _target = target;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k =>
        {
            k.Listen(IPAddress.Loopback, Port);
            k.Limits.MaxRequestBodySize = null;
        });
        _app = builder.Build();
        _app.Run(ForwardAsync);
    }

    public int Port { get; } = Ports.Free();

    /// <summary>Faults that were carried out.</summary>
    public int Done => Volatile.Read(ref _done);

    public Task StartAsync() => _app.StartAsync();

    /// <summary>Orders a fault for the next request that it fits.</summary>
    public void Order(BlobFault fault)
    {
        lock (_lock) _faults.Enqueue(fault);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _http.Dispose();
    }

    private async Task ForwardAsync(HttpContext context)
    {
        var fault = Next(context.Request);
        (int Status, string Code)? answer = fault switch
        {
            BlobFault.Unavailable => (503, "ServerBusy"),
            BlobFault.Conflict => (409, "OperationTimedOut"),
            BlobFault.PreconditionFailed or BlobFault.SwapRefused => (412, "ConditionNotMet"),
            _ => null,
        };
        if (answer is { } given)
        {
            context.Response.StatusCode = given.Status;
            context.Response.Headers["x-ms-error-code"] = given.Code;
            return;
        }

        using var request = new HttpRequestMessage(
            new HttpMethod(context.Request.Method),
            $"http://127.0.0.1:{_target}{context.Request.Path.ToUriComponent()}{context.Request.QueryString}");
        var hasBody = context.Request.ContentLength is not null || context.Request.Headers.TransferEncoding.Count > 0;
        if (hasBody) request.Content = new StreamContent(context.Request.Body);
        foreach (var (name, values) in context.Request.Headers)
            if (!s_hopByHop.Contains(name, StringComparer.OrdinalIgnoreCase) && !request.Headers.TryAddWithoutValidation(name, values.ToArray()))
                request.Content?.Headers.TryAddWithoutValidation(name, values.ToArray());
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
        }
        catch (HttpRequestException)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        using (response)
        {
            if (fault is BlobFault.AnswerLost)
            {
                context.Abort();
                return;
            }

            context.Response.StatusCode = (int)response.StatusCode;
            foreach (var (name, values) in response.Headers.Concat(response.Content.Headers))
                if (!s_hopByHop.Contains(name, StringComparer.OrdinalIgnoreCase)) context.Response.Headers[name] = values.ToArray();
            if (fault is null)
            {
                await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
                return;
            }

            var body = await response.Content.ReadAsByteArrayAsync(context.RequestAborted);
            if (body.Length > 0) body[body.Length / 2] ^= 0x10;
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    // A precondition can only fail where there is one: in the writing of a blob or a head. A byte can only flip in what is read.
    private BlobFault? Next(HttpRequest request)
    {
        lock (_lock)
        {
            if (!_faults.TryPeek(out var fault)) return null;
            var fits = fault switch
            {
                BlobFault.FlippedByte => request.Method == "GET" && request.Path.Value!.Contains("/blobs/", StringComparison.Ordinal),
                BlobFault.PreconditionFailed => IsWrite(request, "/blobs/"),
                BlobFault.SwapRefused => IsWrite(request, "/head.json"),
                BlobFault.AnswerLost => IsWrite(request, "/blobs/") || IsWrite(request, "/head.json"),
                _ => true,
            };
            if (!fits) return null;
            Interlocked.Increment(ref _done);
            return _faults.Dequeue();
        }
    }

    private static bool IsWrite(HttpRequest request, string path) =>
        request.Method == "PUT" && request.Path.Value!.Contains(path, StringComparison.Ordinal)
        && (request.Headers.IfMatch.Count > 0 || request.Headers.IfNoneMatch.Count > 0);
}
