using static LisaOrleans.Silo.Tests.ScheduledEventsService;

namespace LisaOrleans.Silo.Tests;

public sealed class AzureScheduledEventsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PollAsync_event_is_announced_the_notice_comes_and_stays()
    {
        await using var service = await MetadataService.StartAsync();
        var source = service.Source("vm-1");
        service.Announce();
        Assert.Null(await source.PollAsync(Token));
        Assert.Null(await source.PollAsync(Token));

        service.Announce(Event("e-1", "Preempt", "vm-1"));
        var notice = new PreemptionNotice("azure", "e-1", "Preempt");
        Assert.Equal(notice, await source.PollAsync(Token));
        Assert.Equal(notice, await source.PollAsync(Token));
    }

    [Theory]
    [InlineData("Preempt", true)]
    [InlineData("Terminate", true)]
    [InlineData("Redeploy", true)]
    [InlineData("Reboot", true)]
    [InlineData("Freeze", false)]
    [InlineData("SomethingNew", false)]
    public async Task PollAsync_only_events_that_end_the_process_are_notices(string type, bool ends)
    {
        await using var service = await MetadataService.StartAsync();
        service.Announce(Event("e-1", type, "vm-1"));
        Assert.Equal(ends, await service.Source("vm-1").PollAsync(Token) is not null);
    }

    [Theory]
    [InlineData("Reboot", false)]
    [InlineData("Redeploy", false)]
    [InlineData("Preempt", true)]
    [InlineData("Terminate", true)]
    public async Task PollAsync_restart_that_a_process_finds_under_way_is_not_its_end(string type, bool ends)
    {
        await using var service = await MetadataService.StartAsync();
        var source = service.Source("vm-1");
        service.Announce(Started("e-1", type, "vm-1"));
        Assert.Equal(ends, await source.PollAsync(Token) is not null);
        Assert.Equal(ends, await source.PollAsync(Token) is not null);

        // The next one is, from its announcement on.
        service.Announce(Started("e-1", type, "vm-1"), Event("e-2", "Reboot", "vm-1"));
        Assert.Equal(ends ? "e-1" : "e-2", (await source.PollAsync(Token))!.Id);
        service.Announce(Started("e-2", "Reboot", "vm-1"));
        Assert.Equal("e-2", (await source.PollAsync(Token))!.Id);
    }

    // A process that ends for a notice may be started again before the machine is.
    [Theory]
    [InlineData("Reboot")]
    [InlineData("Redeploy")]
    public async Task PollAsync_restart_under_way_of_a_machine_that_has_not_booted_lately_is_a_notice(string type)
    {
        await using var service = await MetadataService.StartAsync();
        service.Announce(Started("e-1", type, "vm-1"));
        Assert.Null(await service.Source("vm-1", TimeSpan.FromMinutes(59)).PollAsync(Token));
        var source = service.Source("vm-1", TimeSpan.FromHours(1));
        Assert.Equal("e-1", (await source.PollAsync(Token))?.Id);
        Assert.Equal("e-1", (await source.PollAsync(Token))?.Id);
    }

    [Fact]
    public async Task PollAsync_several_events_takes_the_one_for_this_machine()
    {
        await using var service = await MetadataService.StartAsync();
        var source = service.Source("vm-1");
        service.Announce(Event("e-1", "Preempt", "vm-2"), Event("e-2", "Freeze", "vm-1"), Event("e-3", "Preempt", "vm-10", "vm-11"));
        Assert.Null(await source.PollAsync(Token));
        service.Announce(Event("e-1", "Preempt", "vm-2"), Event("e-2", "Freeze", "vm-1"), Event("e-4", "Terminate", "vm-3", "VM-1"));
        Assert.Equal(new PreemptionNotice("azure", "e-4", "Terminate"), await source.PollAsync(Token));
    }

    [Fact]
    public async Task ApproveAsync_event_of_this_machine_alone_is_sent_by_its_id()
    {
        await using var service = await MetadataService.StartAsync();
        var source = service.Source("vm-1");
        service.Announce(Event("e-0", "Preempt", "vm-2", "vm-3"), Event("e-\"1\"", "Preempt", "vm-1"));
        await source.ApproveAsync((await source.PollAsync(Token))!, Token);
        var post = Assert.Single(service.Requests, r => r.Method == "POST");
        Assert.Equal(
            "e-\"1\"", System.Text.Json.JsonDocument.Parse(post.Body).RootElement.GetProperty("StartRequests")[0].GetProperty("EventId").GetString());

        service.Announce(Event("f-2", "Preempt", "vm-1"));
        await source.ApproveAsync((await source.PollAsync(Token))!, Token);
        Assert.Equal("""{"StartRequests":[{"EventId":"f-2"}]}""", service.Requests.Last().Body);
        Assert.StartsWith("application/json", service.Requests.Last().Headers["Content-Type"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task ApproveAsync_event_of_several_machines_is_never_sent()
    {
        await using var service = await MetadataService.StartAsync();
        var source = service.Source("vm-1");
        service.Announce(Event("e-1", "Preempt", "vm-1", "vm-2"));
        await source.ApproveAsync((await source.PollAsync(Token))!, Token);
        Assert.DoesNotContain(service.Requests, r => r.Method != "GET");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"Events":null}""")]
    [InlineData("""{"Events":{}}""")]
    [InlineData("""{"Events":[1]}""")]
    [InlineData("""{"Events":[{}]}""")]
    [InlineData("""{"Events":[{"EventType":7}]}""")]
    [InlineData("""{"Events":[{"EventType":"Preempt","Resources":"vm-1","EventId":"x"}]}""")]
    [InlineData("""{"Events":[{"EventType":"Preempt","Resources":[1],"EventId":"x"}]}""")]
    [InlineData("""{"Events":[{"EventType":"Preempt","Resources":["vm-1"]}]}""")]
    [InlineData("""{"Events":[{"EventType":"Preempt","Resources":["vm-1"],"EventId":null}]}""")]
    [InlineData("""{"Events":[{"EventType":"Preempt","Resources":["vm-1"],"EventId":12}]}""")]
    [InlineData("<html>")]
    public async Task PollAsync_invalid_answer_throws_and_the_next_one_counts(string document)
    {
        await using var service = await MetadataService.StartAsync();
        var source = service.Source("vm-1");
        service.Answer(() => document);
        await Assert.ThrowsAsync<InvalidDataException>(() => source.PollAsync(Token));
        service.Announce(Event("e-1", "Preempt", "vm-1"));
        Assert.NotNull(await source.PollAsync(Token));
    }

    [Theory]
    [InlineData(404)]
    [InlineData(410)]
    [InlineData(429)]
    [InlineData(500)]
    public async Task PollAsync_refusing_service_throws_and_is_asked_again(int status)
    {
        await using var service = await MetadataService.StartAsync();
        var source = service.Source("vm-1");
        service.OnRequest = _ => new(status, "{}");
        await Assert.ThrowsAsync<HttpRequestException>(() => source.PollAsync(Token));
        service.Announce(Event("e-1", "Preempt", "vm-1"));
        Assert.NotNull(await source.PollAsync(Token));
    }

    [Fact]
    public async Task PollAsync_silent_service_can_be_cancelled()
    {
        await using var service = await MetadataService.StartAsync();
        service.OnRequest = _ => null;
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var poll = service.Source("vm-1").PollAsync(cancel.Token);
        await Until.True(() => service.Requests.Count == 1);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => poll);
    }

    [Fact]
    public async Task PollAsync_missing_service_throws()
    {
        var service = await MetadataService.StartAsync();
        var address = service.Address;
        await service.DisposeAsync();
        using var http = new HttpClient();
        await Assert.ThrowsAsync<HttpRequestException>(() => new AzureScheduledEvents(http, address, "vm-1").PollAsync(Token));
    }
}
