using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Silo.Tests;

/// <summary>A machine's metadata service on loopback: answers what a test tells it to, and keeps what it was asked.</summary>
internal sealed class MetadataService : IAsyncDisposable
{
    private readonly WebApplication _app;

    private MetadataService(WebApplication app) => _app = app;

    public ConcurrentQueue<Request> Requests { get; } = new();

    public HttpClient Http { get; } = new();

    public Uri Address => new(_app.Urls.Single() + "/");

    /// <value>Gives the answer to a request; null means that none ever comes.</value>
    public Func<Request, Answer?> OnRequest { get; set; } = _ => new Answer(404, "");

    public static async Task<MetadataService> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var service = new MetadataService(app);
        app.Run(service.HandleAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return service;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var request = new Request(
            context.Request.Method, context.Request.Path + context.Request.QueryString.ToString(),
            context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            await reader.ReadToEndAsync(context.RequestAborted));
        Requests.Enqueue(request);
        var answer = OnRequest(request);
        if (answer is null)
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }

        (context.Response.StatusCode, context.Response.ContentType) = (answer.Status, answer.ContentType);
        await context.Response.WriteAsync(answer.Body, context.RequestAborted);
    }

    public sealed record Request(string Method, string Path, IReadOnlyDictionary<string, string> Headers, string Body);

    public sealed record Answer(int Status, string Body, string ContentType = "application/json; charset=utf-8");
}
