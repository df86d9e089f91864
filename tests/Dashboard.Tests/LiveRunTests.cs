using LisaOrleans.Api;
using Microsoft.Playwright;

namespace LisaOrleans.Dashboard.Tests;

/// <summary>A run that trains while somebody looks.</summary>
public sealed class LiveRunTests(Browser browser)
{
    // No test waits for the end of it.
    private const long Endless = 100_000;

    [Fact]
    public async Task Dashboard_run_in_training_makes_everything_grow()
    {
        await using var silo = await DashboardSilo.StartAsync();
        await silo.TrainAsync("live", s => s with { MaxSteps = Endless });
        await using var page = await browser.OpenAsync(silo.Address);
        await page.HasStateAsync("Running");

        await Until.True(async () => await page.PointsAsync() > 0);
        var before = await page.PointsAsync();
        await Until.True(async () => await page.PointsAsync() >= before + 10);

        var map = page.Page.Locator("svg[data-columns]");
        await PageUnderTest.See(map);
        var columns = await Columns();
        await Until.True(async () => await Columns() > columns);
        await Until.True(async () => await page.LossPlot.Locator("circle.mark").CountAsync() > 0);

        var card = page.Page.Locator("li.silo[data-state=active]");
        await PageUnderTest.See(card.GetByText("embedding, layers 0–5, head"));
        await PageUnderTest.See(card.GetByRole(AriaRole.Meter, new LocatorGetByRoleOptions { Name = "Utilisation of the device" }));
        await Until.True(
            async () => await card.GetByRole(AriaRole.Meter).GetAttributeAsync("aria-valuetext") is { } text
            && text.EndsWith("percent busy", StringComparison.Ordinal));
        await Until.True(
            async () => await card.Locator(".measure").First.Locator("p").InnerTextAsync() is { } bytes
            && bytes.EndsWith("MB", StringComparison.Ordinal));

        // The log tells of manifests as they come.
        await PageUnderTest.See(page.Page.Locator(".log li[data-kind=manifest]").First);
        await PageUnderTest.See(page.Page.Locator(".log li[data-kind=place]").First);
        await page.KeepAsync("live");
        await page.IsAccessibleAsync();
        page.IsQuiet();
        await silo.Run("live").Pause();

        async Task<int> Columns() => int.Parse((await map.GetAttributeAsync("data-columns"))!, System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task Dashboard_run_is_paused_resumed_and_cancelled_after_a_question()
    {
        await using var silo = await DashboardSilo.StartAsync();
        var run = await silo.TrainAsync("acted", s => s with { MaxSteps = Endless });
        await using var page = await browser.OpenAsync(silo.Address);
        await page.HasStateAsync("Running");

        // Somebody who thinks better of it changes nothing.
        await page.PressAsync("Pause");
        await page.KeepAsync("question");
        await page.IsAccessibleAsync();
        await page.PressAsync("Go back");
        await Until.True(async () => await page.Page.Locator("dialog").CountAsync() == 0);
        Assert.Equal(RunState.Running, (await run.GetStatus()).State);

        await Answer("Pause", "Pause");
        await page.HasStateAsync("Paused");
        var paused = await run.GetStatus();
        Assert.Equal(RunState.Paused, paused.State);

        // What came bit by bit is what a new page gets as a whole.
        await Until.True(async () => await page.PointsAsync() == paused.Step);
        var curve = await page.LossPlot.Locator("path.curve").GetAttributeAsync("d");
        var columns = await page.Page.Locator("svg[data-columns] path.cell-on").Last.GetAttributeAsync("d");
        await page.Page.ReloadAsync();
        await Until.True(async () => await page.PointsAsync() == paused.Step);
        Assert.Equal(curve, await page.LossPlot.Locator("path.curve").GetAttributeAsync("d"));
        Assert.Equal(columns, await page.Page.Locator("svg[data-columns] path.cell-on").Last.GetAttributeAsync("d"));
        await Answer("Resume", "Resume");
        await page.HasStateAsync("Running");
        await Answer("Cancel run", "Cancel run");
        await page.HasStateAsync("Cancelled");
        Assert.Equal(RunState.Cancelled, (await run.GetStatus()).State);
        await Until.True(async () => await page.Page.Locator(".run-title button:visible").CountAsync() == 0);
        page.IsQuiet();

        async Task Answer(string button, string yes)
        {
            await page.PressAsync(button);
            await page.Page.Locator("dialog").GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = yes, Exact = true }).ClickAsync();
        }
    }

    [Fact]
    public async Task DashboardSessions_keys_open_the_page_as_far_as_their_scope_goes()
    {
        var (reader, read) = ApiKey.Create("reader", ApiScopes.Read);
        var (writer, write) = ApiKey.Create("writer", ApiScopes.Write);
        await using var silo = await DashboardSilo.StartAsync(new ApiKeys([read, write]));
        var run = await silo.TrainAsync("guarded", s => s with { MaxSteps = Endless });
        await using var page = await browser.OpenAsync(silo.Address);

        await page.SeesAsync("This silo asks for a key.");
        await Give("wrong");
        await page.SeesAsync("This silo does not know the key that was given.");
        Assert.Equal(0, await page.Page.Locator(".run-list li").CountAsync());
        await Give(reader);
        await page.HasStateAsync("Running");

        await page.PressAsync("Pause");
        await page.Page.Locator("dialog").GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Pause", Exact = true }).ClickAsync();
        await page.SeesAsync("This key may only read");
        Assert.Equal(RunState.Running, (await run.GetStatus()).State);
        await page.PressAsync("Go back");

        // Orleans' own dashboard is behind the same keys.
        await page.Page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = "Grains" }).ClickAsync();
        await page.ArrivesAsync("/orleans/");
        await Until.True(async () => await page.Page.TitleAsync() is { } title && title.Contains("Orleans", StringComparison.Ordinal));
        Assert.DoesNotContain(reader, await page.Page.EvaluateAsync<string>("() => document.cookie"), StringComparison.Ordinal);

        await page.GoAsync("/");
        await page.Page.EvaluateAsync("key => sessionStorage.setItem('lisa-key', key)", writer);
        await page.HasStateAsync("Running");
        await page.PressAsync("Pause");
        await page.Page.Locator("dialog").GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Pause", Exact = true }).ClickAsync();
        await page.HasStateAsync("Paused");

        async Task Give(string key)
        {
            await page.Page.GetByLabel("Key", new PageGetByLabelOptions { Exact = true }).FillAsync(key);
            await page.PressAsync("Go on");
        }
    }
}
