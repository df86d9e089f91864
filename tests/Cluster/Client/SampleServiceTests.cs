using System.Net;

namespace LisaOrleans.Cluster.Tests;

/// <summary>Somebody else's service submits a run, the silo that runs it is killed, and the watch goes on to the end.</summary>
[Collection(nameof(KilledSilos))]
public sealed class SampleServiceTests(KilledSilosFixture fixture, ITestOutputHelper output)
{
    private const int Steps = 36;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WatchAsync_silo_killed_behind_a_service_everything_is_heard_once()
    {
        var cluster = fixture.Cluster;
        await fixture.RestartAsync();
        await using var service = await ServiceProcess.StartAsync(cluster, Token);

        using (var unknown = await service.GetAsync("/runs/nothing", Token)) Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        using (var wrong = await service.PostAsync("/runs", new { name = "svc", steps = 0 }, Token))
        {
            Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
            Assert.Contains("max_steps", await wrong.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        }

        using (var made = await service.PostAsync("/runs", new { name = "svc", steps = Steps, saveSteps = 5 }, Token))
            Assert.True(made.StatusCode == HttpStatusCode.Created, await made.Content.ReadAsStringAsync(Token));

        var seen = new List<(string Id, TrainingEvent Event)>();
        var killed = new List<SiloProcess>();
        await foreach (var item in service.EventsAsync("svc", null, Token))
        {
            seen.Add(item);
            if (item.Event is not StepCompleted { Record.Step: var step } || killed.Count > 0 || step < Steps / 3) continue;
            var silo = await cluster.SiloOfRunAsync("svc");
            output.WriteLine($"step {step}: killing silo {silo.Number}");
            await silo.KillAsync();
            killed.Add(silo);
        }

        Assert.Single(killed);
        var events = seen.Select(s => s.Event).ToList();
        EventOrder.AssertWhole(events, Steps);
        Assert.True(events.OfType<RunStarted>().Count() >= 2, "the run must have been recovered");

        // A browser that comes back with the id of an event gets the rest.
        var middle = seen.Count / 2;
        var rest = new List<(string Id, TrainingEvent Event)>();
        await foreach (var item in service.EventsAsync("svc", seen[middle].Id, Token)) rest.Add(item);
        Assert.Equal(seen[^1].Id, rest[^1].Id);
        Assert.Equal(seen.Count - middle - 1, rest.Count);
    }
}
