using System.Globalization;
using LisaOrleans.Checkpoints;
using Microsoft.Playwright;

namespace LisaOrleans.Dashboard.Tests;

/// <summary>Finished runs, in both themes and at the width of a phone.</summary>
public sealed class FinishedRunTests(Browser browser, FinishedRunTests.Runs runs) : IClassFixture<FinishedRunTests.Runs>
{
    private const int Phone = 375;

    private DashboardSilo Silo => runs.Silo;

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, Phone)]
    public async Task Dashboard_pages_of_finished_runs_are_accessible_quiet_and_fit(ColorScheme scheme, int width)
    {
        await using var page = await browser.OpenAsync(new Uri(Silo.Address, "#/run/first"), scheme, width, width == Phone ? 812 : 900);
        await page.HasStateAsync("Succeeded");
        await Until.True(async () => await page.PointsAsync() == Runs.Steps);
        foreach (var table in await page.Page.Locator("details.table-of > summary").AllAsync()) await table.ClickAsync();
        await page.KeepAsync($"finished-{scheme}-{width}".ToLowerInvariant());
        await page.IsAccessibleAsync();
        await page.FitsAsync();

        await page.GoAsync("#/compare/first,second");
        await page.SeesAsync("2 runs compared");
        await Until.True(async () => await page.LossPlot.Locator("path.curve").CountAsync() == 2);
        await page.KeepAsync($"compared-{scheme}-{width}".ToLowerInvariant());
        await page.IsAccessibleAsync();
        await page.FitsAsync();

        await page.GoAsync("#/run/diverged");
        await page.HasStateAsync("Failed");
        await PageUnderTest.See(page.Page.GetByRole(AriaRole.Alert).GetByText("learning_rate"));
        await page.KeepAsync($"failed-{scheme}-{width}".ToLowerInvariant());
        await page.IsAccessibleAsync();
        await page.FitsAsync();
        page.IsQuiet();
    }

    [Fact]
    public async Task Dashboard_rewards_of_pairs_are_curves()
    {
        await Silo.FinishAsync("pairs", s => s with { Objective = TrainingObjectives.Orpo, MaxSteps = 6, EvalSteps = 0 }, pairs: true);
        await using var page = await browser.OpenAsync(new Uri(Silo.Address, "#/run/first"));
        await Until.True(async () => await page.PointsAsync() == Runs.Steps);
        Assert.Equal(0, await Chart("Rewards").CountAsync());
        await page.GoAsync("#/run/pairs");
        await Until.True(async () => await Chart("Rewards").Locator("path.curve").CountAsync() == 3);
        Assert.Equal(
            ["chosen", "rejected", "margin"],
            await Chart("Rewards").Locator("path.curve").EvaluateAllAsync<string[]>("curves => curves.map((c) => c.dataset.run)"));
        await Until.True(async () => await Chart("Pairs told apart").Locator("svg[data-points='6'] path.curve").CountAsync() == 1);
        await PageUnderTest.See(Chart("Rewards").GetByRole(AriaRole.List, new LocatorGetByRoleOptions { Name = "Kinds of rewards" }));
        await page.KeepAsync("pairs");
        await page.IsAccessibleAsync();
        await page.FitsAsync();
        page.IsQuiet();

        ILocator Chart(string title) => page.Page.Locator(
            "figure.chart", new PageLocatorOptions { Has = page.Page.Locator(".chart-title", new PageLocatorOptions { HasTextString = title }) });
    }

    [Fact]
    public async Task Dashboard_kept_manifests_can_be_picked_compared_and_forked()
    {
        await Silo.FinishAsync("kept", s => s with { KeepManifests = "all", MaxSteps = 12 });
        await using var page = await browser.OpenAsync(new Uri(Silo.Address, "#/run/kept"));
        var card = page.Page.Locator("section[aria-labelledby=history-title]");
        await PageUnderTest.See(card.GetByText("3 kept, "));
        await card.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Step 6" }).ClickAsync();
        await card.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Step 12, the best, the last" }).ClickAsync();
        await PageUnderTest.See(card.GetByText("From step 6 to 12: 6 steps, loss "));
        await PageUnderTest.See(card.GetByText("Parts that differ: embedding, "));
        var parts = card.GetByRole(AriaRole.Region, new LocatorGetByRoleOptions { Name = "Differences by part" });
        await PageUnderTest.See(parts);
        await PageUnderTest.See(card.GetByText("Settings and data are the same."));
        var (had, _) = await RunManifests.ReadAsync(Silo.Store, ManifestAddress.At("kept", 6), TestContext.Current.CancellationToken);
        var (now, _) = await RunManifests.ReadAsync(Silo.Store, ManifestAddress.At("kept", 12), TestContext.Current.CancellationToken);
        var changed = (await PartChange.CompareAsync(Silo.Store, had, now, TestContext.Current.CancellationToken))
            .Where(p => p.Numbers > 0).ToArray();
        Assert.NotEmpty(changed);
        var rows = await parts.Locator("tbody tr").EvaluateAllAsync<string[][]>("rows => rows.map((r) => [...r.cells].map((c) => c.textContent))");
        Assert.Equal(changed.Select(p => p.Part), rows.Select(r => r[0]));
        Assert.Equal(changed.Select(p => p.Numbers.ToString("N0", CultureInfo.InvariantCulture)), rows.Select(r => r[3]));
        Assert.All(changed.Zip(rows), p => Assert.Equal(p.First.L2, double.Parse(p.Second[1], CultureInfo.InvariantCulture), 0.006 * p.First.L2));
        Assert.All(changed.Zip(rows), p => Assert.Equal(p.First.Max, double.Parse(p.Second[2], CultureInfo.InvariantCulture), 0.006 * p.First.Max));
        await page.KeepAsync("manifests-compared");
        await page.IsAccessibleAsync();
        await page.FitsAsync();

        await card.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Step 12, the best, the last" }).ClickAsync();
        await card.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Fork" }).ClickAsync();
        var dialog = page.Page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("Name").FillAsync("kept");
        await dialog.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Fork" }).ClickAsync();
        await PageUnderTest.See(dialog.GetByText("there is a run of this name already"));
        await dialog.GetByLabel("Name").FillAsync("forked");
        await dialog.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Fork" }).ClickAsync();
        await page.HasStateAsync("Queued");
        Assert.EndsWith("#/run/forked", page.Page.Url, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dashboard_theme_is_the_systems_until_one_is_chosen()
    {
        await using var page = await browser.OpenAsync(Silo.Address, ColorScheme.Dark);
        var dark = await Background();
        await page.Page.GetByLabel("Theme").SelectOptionAsync("light");
        var light = await Background();
        Assert.NotEqual(dark, light);
        await page.Page.ReloadAsync();
        Assert.Equal(light, await Background());
        Assert.Equal("light", await page.Page.GetByLabel("Theme").InputValueAsync());

        Task<string> Background() => page.Page.EvaluateAsync<string>("() => getComputedStyle(document.body).backgroundColor");
    }

    [Fact]
    public async Task Dashboard_curve_can_be_read_with_the_keyboard_and_as_a_table()
    {
        await using var page = await browser.OpenAsync(new Uri(Silo.Address, "#/run/first"));
        await Until.True(async () => await page.PointsAsync() == Runs.Steps);
        var plot = page.Page.GetByRole(AriaRole.Slider, new PageGetByRoleOptions { Name = "Loss nats per token" });

        // The keyboard reaches it, and its focus shows.
        for (var i = 0; i < 100 && !await plot.EvaluateAsync<bool>("e => e === document.activeElement"); i++)
            await page.Page.Keyboard.PressAsync("Tab");
        Assert.True(await plot.EvaluateAsync<bool>("e => e.matches(':focus-visible') && getComputedStyle(e).outlineStyle !== 'none'"));
        Assert.StartsWith($"step {Runs.Steps}: ", await Text(), StringComparison.Ordinal);
        Assert.Contains("evaluation", await Text(), StringComparison.Ordinal);
        await page.Page.Keyboard.PressAsync("Home");
        Assert.StartsWith("step 1: ", await Text(), StringComparison.Ordinal);
        await page.Page.Keyboard.PressAsync("ArrowRight");
        Assert.StartsWith("step 2: ", await Text(), StringComparison.Ordinal);
        await PageUnderTest.See(page.Page.Locator(".tip").GetByText("step 2"));
        await page.Page.Keyboard.PressAsync("Escape");
        await Until.True(async () => !await page.Page.Locator(".tip:visible").IsVisibleAsync());

        var step = await FirstStepAsync();
        await page.Page.GetByText("Loss as a table").ClickAsync();
        var first = page.Page.Locator("figure.chart").First.Locator("tbody tr").First;
        Assert.Equal("1", await first.Locator("th").InnerTextAsync());
        Assert.Equal(
            step.Loss.ToString("F4", System.Globalization.CultureInfo.InvariantCulture), await first.Locator("td").First.InnerTextAsync());

        // The page goes on polling, and what was opened stays open.
        await page.Page.GetByLabel("Smooth").CheckAsync();
        await Until.True(async () => await page.LossPlot.Locator("path.raw").CountAsync() == 1);
        Assert.True(await first.IsVisibleAsync());
        page.IsQuiet();

        async Task<string> Text() => (await plot.GetAttributeAsync("aria-valuetext"))!;
    }

    [Fact]
    public async Task Dashboard_ticked_runs_are_compared()
    {
        await using var page = await browser.OpenAsync(new Uri(Silo.Address, "#/run/first"));
        await page.HasStateAsync("Succeeded");
        await page.Page.GetByLabel("Compare second").CheckAsync();
        await page.SeesAsync("2 runs compared");
        Assert.EndsWith("#/compare/first,second", page.Page.Url, StringComparison.Ordinal);
        await Until.True(async () => await page.LossPlot.Locator("path.curve").CountAsync() == 2);
        await page.Page.GetByLabel("Compare first", new PageGetByLabelOptions { Exact = true }).UncheckAsync();
        await PageUnderTest.See(page.Page.GetByRole(AriaRole.Heading, new PageGetByRoleOptions { Name = "second", Level = 1 }));
        page.IsQuiet();
    }

    [Fact]
    public async Task Dashboard_layers_and_settings_are_those_of_the_run()
    {
        var step = await FirstStepAsync();
        await using var page = await browser.OpenAsync(new Uri(Silo.Address, "#/run/first"));
        var map = page.Page.GetByRole(AriaRole.Slider, new PageGetByRoleOptions { Name = "Active layers by period" });
        await map.FocusAsync();
        await page.Page.Keyboard.PressAsync("Home");
        var layers = string.Join(", ", step.ActiveLayers);
        var text = (await map.GetAttributeAsync("aria-valuetext"))!;
        Assert.StartsWith("Period 1, steps 1 to 4: layers ", text, StringComparison.Ordinal);
        Assert.Equal(layers, text.Split("layers ")[1].Replace("–", ", ", StringComparison.Ordinal));
        await PageUnderTest.See(page.Page.Locator(".settings").GetByText("LISA: 2 layers for 4 steps each, strategy uniform"));
    }

    [Fact]
    public async Task Dashboard_run_says_what_it_was_made_from_and_what_its_data_became()
    {
        await using var page = await browser.OpenAsync(new Uri(Silo.Address, "#/run/first"));
        foreach (var setting in (string[])
            ["Modeltiny-stories", "Dataanimals.jsonl", "Evaluation dataanimals-held-out.jsonl", "Chat templatethe model's own"])
            await PageUnderTest.See(page.Page.Locator(".settings div", new PageLocatorOptions { HasTextString = setting }));
        var data = page.Page.GetByRole(AriaRole.Region, new PageGetByRoleOptions { Name = "Data", Exact = true });
        var records = File.ReadLines(Path.Combine(Repository.Root, "samples", "animals.jsonl")).Count();
        var training = new LocatorLocatorOptions { HasTextString = $"TrainingSourceanimals.jsonlRecords{records}" };
        await PageUnderTest.See(data.Locator(".data-set", training));
        Assert.Equal(2, await data.Locator(".data-set").CountAsync());
        await PageUnderTest.See(data.GetByText("Longest").First);
        page.IsQuiet();
    }

    [Fact]
    public async Task Dashboard_axes_leave_a_few_far_values_out_and_end_where_values_differ_by_rounding()
    {
        await using var page = await browser.OpenAsync(Silo.Address);
        Assert.Equal(3.5, await HighestAsync("[...Array(3).fill(100), ...Array.from({ length: 97 }, (_, i) => 1 + (i % 3) / 1.2)]"), 0.01);
        Assert.Equal(10, await HighestAsync("Array.from({ length: 100 }, (_, i) => (i + 1) / 10)"), 0.01);
        Assert.Equal(100, await HighestAsync("[100, ...Array(18).fill(1)]"), 0.01);

        // Equal losses, smoothed: beyond 2^53 steps of this size a number plus 1 is itself.
        var ticks = await page.Page.EvaluateAsync<double[]>("async () => (await import('/dashboard/scale.js')).ticks(9, 9 + 2 ** -49, 4)");
        Assert.Equal(9, Assert.Single(ticks));

        Task<double> HighestAsync(string values) =>
            page.Page.EvaluateAsync<double>($"async () => (await import('/dashboard/scale.js')).highest({values})");
    }

    [Fact]
    public async Task Dashboard_missing_run_is_said_to_be_missing()
    {
        await using var page = await browser.OpenAsync(new Uri(Silo.Address, "#/run/nobody"));
        await page.SeesAsync("There is no run nobody");
        await page.KeepAsync("nobody");
        await page.IsAccessibleAsync();
    }

    /// <summary>Three runs that have ended, the last in failure.</summary>
    public sealed class Runs : IAsyncLifetime
    {
        public const int Steps = 24;

        internal DashboardSilo Silo { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Silo = await DashboardSilo.StartAsync();
            Assert.Equal(RunState.Succeeded, (await Silo.FinishAsync("first")).State);
            Assert.Equal(
                RunState.Succeeded,
                (await Silo.FinishAsync("second", s => s with { Method = TrainingMethods.Full, LisaIntervalSteps = 20, LearningRate = 5e-4 })).State);
            Assert.Equal(
                RunState.Failed, (await Silo.FinishAsync("diverged", s => s with { MaxSteps = 200, LearningRate = 10, MaxGradNorm = 0 })).State);
        }

        public async ValueTask DisposeAsync() => await Silo.DisposeAsync();
    }

    private async Task<StepRecord> FirstStepAsync() =>
        (await Silo.Run("first").GetEvents(EventPosition.Start, 100)).OfType<StepCompleted>().First().Record;
}
