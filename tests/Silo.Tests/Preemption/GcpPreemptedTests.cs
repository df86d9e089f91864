namespace LisaOrleans.Silo.Tests;

public sealed class GcpPreemptedTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PollAsync_value_turns_true_the_notice_comes_and_stays()
    {
        await using var service = await MetadataService.StartAsync();
        var source = new GcpPreempted(service.Http, service.Address);
        Answer(service, "FALSE");
        Assert.Null(await source.PollAsync(Token));
        Answer(service, "TRUE\n");
        Assert.Equal(new PreemptionNotice("gcp", "preempted", "Preempt"), await source.PollAsync(Token));
        Assert.NotNull(await source.PollAsync(Token));
        Assert.All(service.Requests, r => Assert.Equal("GET", r.Method));
    }

    [Theory]
    [InlineData("")]
    [InlineData("MAYBE")]
    [InlineData("<html><body>a long page that somebody put in between</body></html>")]
    public async Task PollAsync_invalid_answer_throws(string body)
    {
        await using var service = await MetadataService.StartAsync();
        Answer(service, body);
        await Assert.ThrowsAsync<InvalidDataException>(() => new GcpPreempted(service.Http, service.Address).PollAsync(Token));
    }

    [Theory]
    [InlineData(404)]
    [InlineData(500)]
    public async Task PollAsync_refusing_service_throws(int status)
    {
        await using var service = await MetadataService.StartAsync();
        service.OnRequest = _ => new(status, "TRUE");
        await Assert.ThrowsAsync<HttpRequestException>(() => new GcpPreempted(service.Http, service.Address).PollAsync(Token));
    }

    private static void Answer(MetadataService service, string value) => service.OnRequest = request =>
        request.Path == "/computeMetadata/v1/instance/preempted" && request.Headers.GetValueOrDefault("Metadata-Flavor") == "Google"
            ? new(200, value, "application/text")
            : new(403, "");
}
