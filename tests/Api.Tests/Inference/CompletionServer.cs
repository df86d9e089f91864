using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using LisaOrleans.Checkpoints;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Api.Tests;

/// <summary>Completions behind a real server on loopback, and a client of it.</summary>
internal sealed class CompletionServer : IAsyncDisposable
{
    public const string Chat = "/v1/chat/completions";
    public const string Text = "/v1/completions";

    private readonly TempFolder _folder = new();
    private readonly WebApplication _app;

    private CompletionServer(InferenceOptions options, IBlobStore? store, TimeProvider time, IModelCatalog? catalog)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(store ?? new FolderBlobStore(_folder["store"]));
        builder.Services.AddSingleton(time);
        builder.Services.AddSingleton(new ApiServerOptions());
        builder.Services.AddLisaApiKeys();
        if (catalog is not null) builder.Services.AddSingleton(catalog);
        builder.Services.AddLisaInference(options);
        _app = builder.Build();
        _app.UseMiddleware<ApiErrorMiddleware>();
        _app.UseRouting();
        _app.UseAuthentication();
        _app.UseAuthorization();
        _app.MapLisaCompletions();
        Client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
    }

    public HttpClient Client { get; }

    public ModelPool Pool => _app.Services.GetRequiredService<ModelPool>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The sample model's options.</summary>
    public static InferenceOptions Samples { get; } = new() { ModelsFolder = Path.Combine(Repository.Root, "samples") };

    public static async Task<CompletionServer> StartAsync(
        InferenceOptions? options = null, IBlobStore? store = null, TimeProvider? time = null, IModelCatalog? catalog = null)
    {
        var server = new CompletionServer(options ?? Samples, store, time ?? TimeProvider.System, catalog);
        await server._app.StartAsync(Token);
        server.Client.BaseAddress = new Uri(server._app.Urls.Single());
        return server;
    }

    /// <summary>Sends JSON; the answer must be a success.</summary>
    public async Task<JsonElement> AskAsync(string path, object body)
    {
        using var response = await Client.PostAsJsonAsync(path, body, Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}: {text}");
        return JsonElement.Parse(text);
    }

    /// <summary>Sends anything; returns the status and the error object.</summary>
    public async Task<(int Status, JsonElement Error)> FailAsync(string path, string body, string contentType = "application/json")
    {
        using var content = new StringContent(body, Encoding.UTF8, contentType);
        using var response = await Client.PostAsync(path, content, Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.False(response.IsSuccessStatusCode, text);
        var error = JsonElement.Parse(text).GetProperty("error");
        Assert.Equal(["message", "type", "param", "code"], error.EnumerateObject().Select(p => p.Name));
        return ((int)response.StatusCode, error);
    }

    /// <summary>Sends JSON; returns the stream's events, which must end with [DONE].</summary>
    public async Task<IReadOnlyList<JsonElement>> StreamAsync(string path, object body)
    {
        using var response = await Client.PostAsJsonAsync(path, body, Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}: {text}");
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        var events = text.Split("\n\n");
        Assert.Equal("", events[^1]);
        Assert.Equal("data: [DONE]", events[^2]);
        Assert.All(events[..^2], e => Assert.StartsWith("data: {", e, StringComparison.Ordinal));
        return [.. events[..^2].Select(e => JsonElement.Parse(e["data: ".Length..]))];
    }

    public Task StopAsync() => _app.StopAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        Client.Dispose();
        _folder.Dispose();
    }
}
