using LisaOrleans.Api;

namespace LisaOrleans.Dashboard.Tests;

/// <summary>A web page of another site that uses the HTTP API, in a browser.</summary>
public sealed class CorsTests(Browser browser)
{
    [Fact]
    public async Task ApiCors_page_of_a_given_origin_gets_answers_and_that_of_another_none()
    {
        await using var site = await DashboardSilo.StartAsync();
        var (secret, key) = ApiKey.Create("app", ApiScopes.Write);
        await using var server = await DashboardSilo.StartAsync(new ApiKeys([key]), [site.Address.GetLeftPart(UriPartial.Authority)]);

        await using var page = await browser.OpenAsync(new Uri(site.Address, "health/live"));
        Assert.Equal("200 list", await FetchAsync(page, "GET", "v1/models", secret));
        Assert.Equal("404 undefined", await FetchAsync(page, "DELETE", "v1/files/file-a", secret));
        Assert.Equal("401 undefined", await FetchAsync(page, "GET", "v1/models", "lisa-wrong"));

        // The same site by another name is another origin.
        var other = new UriBuilder(site.Address) { Host = "localhost", Path = "health/live" }.Uri;
        await using var stranger = await browser.OpenAsync(other);
        Assert.Equal("TypeError", await FetchAsync(stranger, "GET", "v1/models", secret));

        Task<string> FetchAsync(PageUnderTest from, string method, string path, string shown) => from.Page.EvaluateAsync<string>(
            """
            async ([url, method, key]) => {
              try {
                const answer = await fetch(url, { method, headers: { Authorization: `Bearer ${key}` } });
                return `${answer.status} ${(await answer.json()).object}`;
              } catch (e) { return e.name; }
            }
            """,
            new[] { new Uri(server.Address, path).ToString(), method, shown });
    }
}
