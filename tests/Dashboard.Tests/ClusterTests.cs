using System.Diagnostics;
using LisaOrleans.Cluster;
using Microsoft.Playwright;

namespace LisaOrleans.Dashboard.Tests;

/// <summary>A cluster of real processes, seen through one of them while others die.</summary>
public sealed class ClusterTests(Browser browser, ITestOutputHelper output)
{
    [Fact]
    public async Task DashboardCluster_killed_silo_shows_and_one_that_comes_back_takes_its_place()
    {
        Assert.SkipWhen(Executables.Redis is null, "redis-server is not on PATH");
        using var folder = new TempFolder();
        await using var cluster = await TestCluster.StartAsync(folder.Root, new ClusterSettings(Silos: 4, Azurite: false));
        await using var page = await browser.OpenAsync(cluster.Silos[0].Http);
        foreach (var silo in cluster.Silos) await PageUnderTest.See(Card(silo, "active"));

        // How soon is printed, not judged here: see docs/benchmarks.md.
        foreach (var silo in cluster.Silos.Skip(1))
        {
            var killed = Stopwatch.GetTimestamp();
            await silo.KillAsync();
            await PageUnderTest.See(Card(silo, "dead").Or(Card(silo, "silent")));
            output.WriteLine($"shown after {Stopwatch.GetElapsedTime(killed).TotalSeconds:0.0} s");
        }

        await PageUnderTest.See(Card(cluster.Silos[1], "dead"));
        await page.KeepAsync("dead");
        await page.IsAccessibleAsync();

        // One that comes back takes its place again.
        cluster.Silos[1].Start();
        await PageUnderTest.See(Card(cluster.Silos[1], "active"));
        Assert.Equal(1, await page.Page.Locator($"li.silo[data-silo='{cluster.Silos[1].Address}']").CountAsync());
        page.IsQuiet();

        ILocator Card(SiloProcess silo, string state) => page.Page.Locator($"li.silo[data-silo='{silo.Address}'][data-state={state}]");
    }

    [Fact]
    public async Task Silos_replicas_show_lanes_owners_traffic_and_speeds()
    {
        Assert.SkipWhen(Executables.Redis is null, "redis-server is not on PATH");
        using var folder = new TempFolder();
        await using var cluster = await TestCluster.StartAsync(folder.Root, new ClusterSettings(Silos: 2, Azurite: false));
        await TestCluster.SucceedsAsync(
            folder.Root,
            ["submit", .. cluster.Connection, "--store", cluster.Store, "--run-name", "shared", .. TrainingArguments.Sample(100_000, replicas: "2")]);
        await using var page = await browser.OpenAsync(cluster.Silos[0].Http);
        await page.SeesAsync("2 replicas of the model, 2 stages in all, on 2 silos");
        await PageUnderTest.See(page.Page.Locator("[data-traffic]:visible").GetByText("exchanged between replicas in a step"));
        foreach (var (replica, owned) in new[] { (0, "owns embedding, layers 0, 2, 4"), (1, "owns layers 1, 3, 5, head") })
        {
            var card = page.Page.Locator("li.silo", new PageLocatorOptions { HasTextString = $"Replica {replica} · Stage 0" });
            await PageUnderTest.See(card.Locator("[data-share]").GetByText($"2 of 4 lanes · {owned}"));
            await PageUnderTest.See(card.GetByText("G multiply-adds/s"));
        }

        await page.KeepAsync("replicas");
        await page.IsAccessibleAsync();
        await page.FitsAsync();
        page.IsQuiet();
    }

    [Fact]
    public async Task DashboardRuns_stages_preemption_and_recovery_show_on_the_page()
    {
        Assert.SkipWhen(Executables.Redis is null, "redis-server is not on PATH");
        using var folder = new TempFolder();
        await using var cluster = await TestCluster.StartAsync(folder.Root, new ClusterSettings(Silos: 3, Azurite: false));
        string[] connection = ["--cluster-id", TestCluster.Id, "--redis", $"127.0.0.1:{cluster.Redis.Port}"];
        var (code, text) = await TestCluster.LisaAsync(
            folder.Root, ["submit", .. connection, "--store", cluster.Store, "--run-name", "moved", .. TrainingArguments.Sample(steps: 100_000)]);
        Assert.True(code == 0, text);

        await using var page = await browser.OpenAsync(cluster.Silos[0].Http);
        await Until.True(async () => await page.Page.Locator(".stage-number:visible").CountAsync() == 3);
        await Until.True(async () => await page.PointsAsync() > 5);

        await cluster.Silos[1].PreemptAsync(PageUnderTest.Patience);
        await PageUnderTest.See(page.Page.Locator(".log li[data-kind=preemption]"));
        await PageUnderTest.See(page.Page.Locator(".log li[data-kind=move]"));
        await cluster.Silos[2].KillAsync();
        await PageUnderTest.See(page.Page.Locator(".log li[data-kind=recovery]"));
        await Until.True(async () => await page.Page.Locator(".stage-number:visible").CountAsync() == 1);
        await PageUnderTest.See(page.Page.Locator("path.mark-recovery").First);
        await PageUnderTest.See(page.Page.Locator("path.mark-preemption").First);

        // The curve goes on where it was.
        var points = await page.PointsAsync();
        await Until.True(async () => await page.PointsAsync() > points);
        await page.HasStateAsync("Running");
        await page.KeepAsync("moved");
        await page.IsAccessibleAsync();
        page.IsQuiet();
    }
}
