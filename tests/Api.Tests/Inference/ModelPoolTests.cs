using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;

namespace LisaOrleans.Api.Tests;

public sealed class ModelPoolTests
{
    private readonly GatedCatalog _catalog = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Enqueue_requests_beyond_the_queue_are_told_to_come_later()
    {
        await using var server = await CompletionServer.StartAsync(new InferenceOptions { MaxQueuedRequests = 1 }, catalog: _catalog);
        var requests = Enumerable.Range(0, 3).Select(_ => PostAsync(server)).ToList();

        // Until the model is loaded, the only answer is that there are too many requests.
        var first = await Task.WhenAny(requests);
        await AssertFailed(first, HttpStatusCode.TooManyRequests, "rate_limit_exceeded");
        requests.Remove(first);
        Assert.DoesNotContain(requests, r => r.IsCompleted);
        _catalog.Open();
        foreach (var request in requests) await AssertAnswered(request);
        Assert.Equal(1, _catalog.Loads);
    }

    [Fact]
    public async Task Enqueue_client_that_goes_away_frees_its_place()
    {
        await using var server = await CompletionServer.StartAsync(new InferenceOptions { MaxQueuedRequests = 0 }, catalog: _catalog);
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var first = PostAsync(server, cancellationToken: gone.Token);
        await Until.True(() => _catalog.Loads == 1);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        await Until.True(() => server.Pool.Waiting == 0);
        var second = PostAsync(server);
        await Until.True(() => server.Pool.Waiting == 1 || second.IsCompleted);
        _catalog.Open();
        await AssertAnswered(second);
    }

    [Fact]
    public async Task Enqueue_model_that_failed_to_load_is_tried_again_with_the_next_request()
    {
        await using var server = await CompletionServer.StartAsync(new InferenceOptions(), catalog: _catalog);
        var request = PostAsync(server);
        await Until.True(() => _catalog.Loads == 1);
        _catalog.Break();
        await AssertFailed(request, HttpStatusCode.ServiceUnavailable, "model_unavailable");
        Assert.Equal(0, server.Pool.Count);
        _catalog.Open();
        await AssertAnswered(PostAsync(server));
    }

    [Fact]
    public async Task Enqueue_full_memory_unloads_the_model_idle_longest()
    {
        _catalog.Open();
        await using var server = await CompletionServer.StartAsync(new InferenceOptions { MaxModelBytes = 2 * _catalog.Bytes }, catalog: _catalog);
        foreach (var (name, loads, count) in ((string, int, int)[])[("a", 1, 1), ("b", 2, 2), ("a", 2, 2), ("c", 3, 2), ("a", 3, 2), ("b", 4, 2)])
        {
            await AssertAnswered(PostAsync(server, name));
            Assert.Equal((loads, count), (_catalog.Loads, server.Pool.Count));

            // The answer arrives a moment before the model is idle.
            await Until.True(() => server.Pool.Idle == count);
        }
    }

    [Fact]
    public async Task Enqueue_model_at_work_is_not_unloaded_for_another()
    {
        await using var server = await CompletionServer.StartAsync(new InferenceOptions { MaxModelBytes = _catalog.Bytes }, catalog: _catalog);
        var request = PostAsync(server, "a");
        await Until.True(() => server.Pool.Count == 1);
        await AssertFailed(PostAsync(server, "b"), HttpStatusCode.ServiceUnavailable, "overloaded");
        _catalog.Open();
        await AssertAnswered(request);
    }

    [Fact]
    public async Task Enqueue_model_that_is_too_large_is_refused_with_the_numbers()
    {
        await using var server = await CompletionServer.StartAsync(new InferenceOptions { MaxModelBytes = 1000 }, catalog: _catalog);
        var message = await AssertFailed(PostAsync(server), HttpStatusCode.BadRequest, "model_too_large");
        Assert.Equal($"The model needs {_catalog.Bytes} bytes of memory; this server has 1000 for models.", message);
    }

    [Fact]
    public async Task Sweep_idle_model_is_unloaded()
    {
        _catalog.Open();
        var time = new FakeTimeProvider();
        await using var server = await CompletionServer.StartAsync(new InferenceOptions(), time: time, catalog: _catalog);
        await AssertAnswered(PostAsync(server));
        await Until.True(() => server.Pool.Idle == 1);
        time.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal(1, server.Pool.Count);
        time.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(0, server.Pool.Count);
        await AssertAnswered(PostAsync(server));
        Assert.Equal(2, _catalog.Loads);
    }

    [Fact]
    public async Task AnswerAsync_request_that_takes_too_long_is_ended()
    {
        var time = new FakeTimeProvider();
        await using var server = await CompletionServer.StartAsync(new InferenceOptions(), time: time, catalog: _catalog);
        var request = PostAsync(server);
        await Until.True(() => _catalog.Loads == 1);
        time.Advance(TimeSpan.FromMinutes(5));
        await AssertFailed(request, HttpStatusCode.GatewayTimeout, "timeout");
    }

    [Fact]
    public async Task AnswerAsync_server_that_stops_tells_those_who_wait()
    {
        await using var server = await CompletionServer.StartAsync(new InferenceOptions(), catalog: _catalog);
        var request = PostAsync(server);
        await Until.True(() => _catalog.Loads == 1);
        await server.StopAsync();
        await AssertFailed(request, HttpStatusCode.ServiceUnavailable, "unavailable");
    }

    private static Task<HttpResponseMessage> PostAsync(CompletionServer server, string model = "a", CancellationToken? cancellationToken = null) =>
        server.Client.PostAsJsonAsync(CompletionServer.Text, new { model, prompt = "Once", max_tokens = 3 }, cancellationToken ?? Token);

    private static async Task AssertAnswered(Task<HttpResponseMessage> request)
    {
        using var response = await request;
        Assert.Equal("", response.IsSuccessStatusCode ? "" : await response.Content.ReadAsStringAsync(Token));
    }

    private static async Task<string> AssertFailed(Task<HttpResponseMessage> request, HttpStatusCode status, string code)
    {
        using var response = await request;
        var error = JsonElement.Parse(await response.Content.ReadAsStringAsync(Token)).GetProperty("error");
        Assert.Equal((status, code), (response.StatusCode, error.GetProperty("code").GetString()));
        return error.GetProperty("message").GetString()!;
    }
}
