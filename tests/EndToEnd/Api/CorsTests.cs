using System.Net;
using LisaOrleans.Api;

namespace LisaOrleans.EndToEnd;

public sealed class CorsTests
{
    private const string App = "https://app.example.com";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ApiCors_preflight_of_a_given_origin_is_granted_without_a_key_and_without_cookies()
    {
        await using var server = await ApiServer.StartAsync(change: o => o with { AllowedOrigins = [App, "http://localhost:3000"] });
        foreach (var (path, method) in
            new[] { ("/v1/models", "GET"), ("/v1/files", "POST"), ("/v1/chat/completions", "POST"), ("/v1/files/file-a", "DELETE") })
        {
            using var granted = await PreflightAsync(server, App, path, method);
            Assert.Equal(HttpStatusCode.NoContent, granted.StatusCode);
            Assert.Equal(App, Header(granted, "Access-Control-Allow-Origin"));
            Assert.Contains(method, Header(granted, "Access-Control-Allow-Methods"), StringComparison.Ordinal);
            Assert.Contains("x-stainless-os", Header(granted, "Access-Control-Allow-Headers"), StringComparison.Ordinal);
            Assert.Equal("", Header(granted, "Access-Control-Allow-Credentials"));
        }
    }

    [Theory]
    [InlineData("https://evil.example.com")]
    [InlineData("https://app.example.com.evil.net")]
    [InlineData("http://app.example.com")]
    [InlineData("https://app.example.com:444")]
    [InlineData("null")]
    public async Task ApiCors_other_origins_get_no_grant(string origin)
    {
        await using var server = await ApiServer.StartAsync(change: o => o with { AllowedOrigins = [App] });
        using var preflight = await PreflightAsync(server, origin, "/v1/models", "GET");
        Assert.Equal("", Header(preflight, "Access-Control-Allow-Origin"));
        using var answer = await GetAsync(server, origin, server.WriteKey);
        Assert.Equal("", Header(answer, "Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task ApiCors_page_of_a_given_origin_reads_answers_and_errors_and_still_needs_a_key()
    {
        await using var server = await ApiServer.StartAsync(change: o => o with { AllowedOrigins = [App] });
        foreach (var (key, status) in new[] { (server.WriteKey, HttpStatusCode.OK), (null, HttpStatusCode.Unauthorized) })
        {
            using var answer = await GetAsync(server, App, key);
            Assert.Equal(status, answer.StatusCode);
            Assert.Equal(App, Header(answer, "Access-Control-Allow-Origin"));
            Assert.Contains("Retry-After", Header(answer, "Access-Control-Expose-Headers"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task ApiCors_without_origins_nobody_is_granted_anything()
    {
        await using var server = await ApiServer.StartAsync();
        using var preflight = await PreflightAsync(server, App, "/v1/models", "GET");
        Assert.Equal("", Header(preflight, "Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("https://App.Example.com", "https://app.example.com")]
    [InlineData("https://app.example.com:443", "https://app.example.com")]
    [InlineData("http://localhost:3000", "http://localhost:3000")]
    [InlineData("http://[::1]:3000", "http://[::1]:3000")]
    [InlineData("https://bücher.example", "https://xn--bcher-kva.example")]
    [InlineData("https://app.example.com/", null)]
    [InlineData("https://app.example.com/path", null)]
    [InlineData("https://*.example.com", null)]
    [InlineData("https://user@app.example.com", null)]
    [InlineData("app.example.com", null)]
    [InlineData("*", null)]
    public void ParseOrigin_text_is_an_origin_as_browsers_write_it_or_none(string text, string? origin) =>
        Assert.Equal(origin, ApiCors.ParseOrigin(text));

    private static string Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? string.Join(',', values) : "";

    private static async Task<HttpResponseMessage> PreflightAsync(ApiServer server, string origin, string path, string method)
    {
        using var http = server.Client(null);
        using var request = new HttpRequestMessage(HttpMethod.Options, path);
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", method);
        request.Headers.Add("Access-Control-Request-Headers", "authorization,content-type,x-stainless-os");
        return await http.SendAsync(request, Token);
    }

    private static async Task<HttpResponseMessage> GetAsync(ApiServer server, string origin, string? key)
    {
        using var http = server.Client(key);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        request.Headers.Add("Origin", origin);
        return await http.SendAsync(request, Token);
    }
}
