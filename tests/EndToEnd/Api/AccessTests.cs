using System.Net;
using System.Net.Http.Headers;
using LisaOrleans.Api;

namespace LisaOrleans.EndToEnd;

public sealed class AccessTests
{
    private static readonly (HttpMethod Method, string Path)[] s_endpoints =
    [
        (HttpMethod.Get, "/v1/files"), (HttpMethod.Post, "/v1/files"),
        (HttpMethod.Get, "/v1/files/file-a"), (HttpMethod.Get, "/v1/files/file-a/content"),
        (HttpMethod.Delete, "/v1/files/file-a"), (HttpMethod.Get, "/v1/models"),
        (HttpMethod.Get, "/v1/models/m"), (HttpMethod.Delete, "/v1/models/m"),
        (HttpMethod.Get, Requests.Jobs), (HttpMethod.Post, Requests.Jobs), (HttpMethod.Get, Requests.Jobs + "/ftjob-a"),
        (HttpMethod.Post, Requests.Jobs + "/ftjob-a/cancel"), (HttpMethod.Post, Requests.Jobs + "/ftjob-a/pause"),
        (HttpMethod.Post, Requests.Jobs + "/ftjob-a/resume"), (HttpMethod.Get, Requests.Jobs + "/ftjob-a/events"),
        (HttpMethod.Get, Requests.Jobs + "/ftjob-a/checkpoints"),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ApiKeyHandler_without_the_right_key_nothing_is_read_or_written()
    {
        await using var server = await ApiServer.StartAsync();
        var file = await server.Http.UploadAsync("{\"text\": \"a\"}\n");
        string?[] wrong = [
            null, "", "lisa-wrong", server.WriteKey[..^1], server.WriteKey + "x", server.WriteKey.ToUpperInvariant(), Hash(server.WriteKey)];
        foreach (var key in wrong)
        {
            using var stranger = server.Client(null);
            if (key is not null) stranger.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", "Bearer " + key);
            foreach (var (method, path) in s_endpoints)
            {
                using var response = await stranger.SendAsync(
                    new HttpRequestMessage(method, path.Replace("file-a", file, StringComparison.Ordinal)), Token);
                Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
            }
        }

        using var basic = server.Client(null);
        basic.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", server.WriteKey);
        await basic.GetJsonAsync("/v1/files", HttpStatusCode.Unauthorized);
        Assert.Single((await server.Http.GetJsonAsync("/v1/files"))["data"]!.AsArray());
    }

    [Fact]
    public async Task ApiScopeHandler_key_that_may_read_writes_nothing()
    {
        await using var server = await ApiServer.StartAsync();
        using var reader = server.Client(server.ReadKey);
        foreach (var (method, path) in s_endpoints)
        {
            using var response = await reader.SendAsync(new HttpRequestMessage(method, path), Token);
            if (method == HttpMethod.Get)
                Assert.True(response.StatusCode is HttpStatusCode.OK or HttpStatusCode.NotFound, $"{path}: {response.StatusCode}");
            else Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        }
    }

    [Fact]
    public async Task ApiKeyHandler_probes_and_the_reference_need_no_key()
    {
        await using var server = await ApiServer.StartAsync();
        using var stranger = server.Client(null);
        Assert.Equal("live", await stranger.GetStringAsync("/health/live", Token));
        Assert.Equal("ready", await stranger.GetStringAsync("/health/ready", Token));
        var document = await stranger.GetJsonAsync("/openapi/v1.json");
        foreach (var (method, path) in s_endpoints.Select(e => (e.Method.Method.ToLowerInvariant(), e.Path)))
        {
            var template = path.Replace("file-a", "{id}", StringComparison.Ordinal).Replace("ftjob-a", "{id}", StringComparison.Ordinal)
                .Replace("/m", "/{model}", StringComparison.Ordinal).Replace("/{model}odels", "/models", StringComparison.Ordinal);
            Assert.NotNull(document["paths"]![template]![method]);
        }

        Assert.Equal("Bearer", (string)document["components"]!["securitySchemes"]!["ApiKey"]!["scheme"]!, ignoreCase: true);
        var page = await stranger.GetStringAsync("/docs", Token);
        Assert.DoesNotContain("http://", page, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LocalRequestMiddleware_without_keys_this_machine_is_served_but_no_foreign_page_in_its_browser()
    {
        await using var server = await ApiServer.StartAsync(change: o => o with { Keys = null });
        using var http = server.Client(null);
        await http.UploadAsync("{\"text\": \"a\"}\n");
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(r => r.Headers.Host = "lisa.example"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(r => r.Headers.Add("Origin", "https://lisa.example")));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(r => r.Headers.Add("Origin", "null")));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(r => r.Headers.Add("Origin", server.Address.GetLeftPart(UriPartial.Authority))));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(r => r.Headers.Host = $"localhost:{server.Address.Port}"));

        async Task<HttpStatusCode> StatusAsync(Action<HttpRequestMessage> change)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
            change(request);
            using var response = await http.SendAsync(request, Token);
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task RequestLimits_key_that_asks_too_often_has_to_wait_and_others_do_not()
    {
        await using var server = await ApiServer.StartAsync(change: o => o with { RequestsPerMinute = 2 });
        using var reader = server.Client(server.ReadKey);
        await server.Http.GetJsonAsync("/v1/files");
        await server.Http.GetJsonAsync("/v1/files");
        using var rejected = await server.Http.GetAsync(new Uri("/v1/files", UriKind.Relative), Token);
        Assert.Equal(HttpStatusCode.TooManyRequests, rejected.StatusCode);
        Assert.True(rejected.Headers.RetryAfter!.Delta > TimeSpan.Zero);
        Assert.Contains("rate_limit_exceeded", await rejected.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        await reader.GetJsonAsync("/v1/files");
        Assert.Equal("live", await server.Http.GetStringAsync("/health/live", Token));
    }

    private static string Hash(string key) => Convert.ToHexStringLower(ApiKey.Hash(key));
}
