using Microsoft.Playwright;

namespace LisaOrleans.Dashboard.Tests;

/// <summary>A silo without runs, and one that is gone.</summary>
public sealed class EmptyTests(Browser browser)
{
    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 375)]
    public async Task Dashboard_silo_without_runs_says_how_to_begin_one(ColorScheme scheme, int width)
    {
        await using var silo = await DashboardSilo.StartAsync();
        await using var page = await browser.OpenAsync(silo.Address, scheme, width);
        await page.SeesAsync("No run yet");
        await PageUnderTest.See(page.Page.Locator("li.silo[data-state=active]"));
        await page.KeepAsync($"empty-{scheme}".ToLowerInvariant());
        await page.IsAccessibleAsync();
        await page.FitsAsync();
        page.IsQuiet();
    }

    [Fact]
    public async Task Dashboard_silo_that_is_gone_shows_as_not_connected()
    {
        var silo = await DashboardSilo.StartAsync();
        await using var page = await browser.OpenAsync(silo.Address);
        await page.SeesAsync("No run yet");
        await silo.DisposeAsync();
        await PageUnderTest.See(page.Page.GetByRole(AriaRole.Status).GetByText("Not connected"));
        await page.IsAccessibleAsync();
    }
}
