using static LisaOrleans.Silo.Tests.ScheduledEventsService;

namespace LisaOrleans.Silo.Tests;

public sealed class PreemptionWatchTests
{
    [Fact]
    public async Task PreemptionWatch_notice_after_failures_drains_approves_once_and_stops()
    {
        await using var service = await MetadataService.StartAsync();
        service.Announce();
        var quiet = service.OnRequest;
        service.Announce(Event("e-1", "Preempt", "vm-1"));
        var announced = service.OnRequest;
        var (asked, drainedBefore) = (0, false);
        WatchedSilo? silo = null;
        service.OnRequest = request =>
        {
            if (request.Method == "POST")
                drainedBefore = silo!.Said.Any(m => m.StartsWith("Drained; 0 run grains and parts of 0 runs", StringComparison.Ordinal));
            return Interlocked.Increment(ref asked) switch
            {
                1 => new(500, ""),
                2 => new(404, ""),
                3 => new(200, "{"),
                < 10 => quiet(request),
                _ => announced(request),
            };
        };

        await using (silo = await WatchedSilo.StartAsync(service.Source("vm-1")))
        {
            await silo.SecondsPassUntil(() => silo.IsStopping);
            Assert.True(silo.Drain.Begun);
            Assert.Single(silo.Said, m => m.Contains("Preempt announced (e-1)", StringComparison.Ordinal));

            // Three failures in a row are one message, not three.
            Assert.Single(silo.Said, m => m.Contains("cannot be asked", StringComparison.Ordinal));
        }

        Assert.True(drainedBefore);
        Assert.Equal(11, asked);
        Assert.Equal("""{"StartRequests":[{"EventId":"e-1"}]}""", Assert.Single(service.Requests, r => r.Method == "POST").Body);
    }

    [Fact]
    public async Task PreemptionWatch_service_that_never_answers_is_named_with_what_may_be_in_the_way()
    {
        await using var service = await MetadataService.StartAsync();
        service.OnRequest = _ => null;
        await using var silo = await WatchedSilo.StartAsync(service.Source("vm-1"));
        await silo.SecondsPassUntil(() => silo.Said.Any(m => m.Contains("cannot be asked", StringComparison.Ordinal)));
        var said = Assert.Single(silo.Said, m => m.Contains("cannot be asked", StringComparison.Ordinal));
        Assert.StartsWith("azure: cannot be asked for preemption notices: it did not answer. ", said, StringComparison.Ordinal);
        Assert.Contains("hop limit", said, StringComparison.Ordinal);
        Assert.Contains("NetworkPolicy", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PreemptionWatch_failed_drain_stops_the_silo_without_approval()
    {
        await using var service = await MetadataService.StartAsync();
        service.Announce();
        await using var silo = await WatchedSilo.StartAsync(service.Source("vm-1"));

        // A part that nobody can move: no run knows it. What it is does not matter, only that it is here.
        silo.Parts.Set("left-behind", PartName.Layer(0), null!);
        service.Announce(Event("e-1", "Preempt", "vm-1"));
        await silo.SecondsPassUntil(() => silo.IsStopping);
        Assert.DoesNotContain(service.Requests, r => r.Method == "POST");
    }

    // It may be just about to place parts here, and would lose them; only the queue knows of it.
    [Fact]
    public async Task DrainAsync_run_that_has_nothing_here_is_told_too()
    {
        await using var service = await MetadataService.StartAsync();
        await using var silo = await WatchedSilo.StartAsync(service.Source("vm-1"), TimeSpan.FromMinutes(1));
        await silo.Grains.GetGrain<IRunQueueGrain>(0).Ask(new RunDemand
        {
            Spec = new TrainingSpec { RunName = "elsewhere", Dtype = "float32", BlockSize = 64, LisaIntervalSteps = 4, Threads = 1 },
            ConfigJson = await File.ReadAllTextAsync(
                Path.Combine(Repository.Root, "samples", "tiny-stories", "config.json"), TestContext.Current.CancellationToken),
            Since = DateTimeOffset.UtcNow,
        });
        Assert.Null(await AddressAsync());
        Assert.True(await silo.Drain.DrainAsync());
        Assert.NotNull(await AddressAsync());

        // Of its grain, which has no activation before somebody calls it.
        ValueTask<SiloAddress?> AddressAsync() =>
            silo.Grains.GetGrain<IManagementGrain>(0).GetActivationAddress(silo.Grains.GetGrain<IRunGrain>("elsewhere"));
    }

    [Fact]
    public async Task PreemptionWatch_event_of_other_machines_changes_nothing()
    {
        await using var service = await MetadataService.StartAsync();
        service.Announce(Event("e-1", "Preempt", "vm-2"));
        await using var silo = await WatchedSilo.StartAsync(service.Source("vm-1"));
        await silo.SecondsPassUntil(() => service.Requests.Count > 5);
        Assert.Equal((false, false), (silo.Drain.Begun, silo.IsStopping));
    }
}
