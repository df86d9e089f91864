namespace LisaOrleans.Silo.Tests;

public sealed class AwsInstanceActionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PollAsync_machine_is_marked_the_notice_comes_and_stays()
    {
        await using var service = await MetadataService.StartAsync();
        var source = new AwsInstanceAction(service.Http, service.Address);
        Answer(service, new(404, "<html>Not Found</html>", "text/html"));
        Assert.Null(await source.PollAsync(Token));
        Answer(service, new(200, """{"action": "terminate", "time": "2026-09-18T08:22:00Z"}"""));
        var notice = new PreemptionNotice("aws", "2026-09-18T08:22:00Z", "terminate");
        Assert.Equal(notice, await source.PollAsync(Token));
        Assert.Equal(notice, await source.PollAsync(Token));
        await source.ApproveAsync(notice, Token);
        Assert.All(service.Requests, r => Assert.Contains(r.Method, new[] { "PUT", "GET" }));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"action":"stop"}""")]
    [InlineData("""{"action":1,"time":"x"}""")]
    public async Task PollAsync_invalid_answer_throws(string body)
    {
        await using var service = await MetadataService.StartAsync();
        Answer(service, new(200, body));
        await Assert.ThrowsAsync<InvalidDataException>(() => new AwsInstanceAction(service.Http, service.Address).PollAsync(Token));
    }

    [Theory]
    [InlineData(403, 200)]
    [InlineData(404, 200)]
    [InlineData(500, 200)]
    [InlineData(200, 500)]
    [InlineData(200, 401)]
    public async Task PollAsync_refusing_service_throws(int login, int action)
    {
        await using var service = await MetadataService.StartAsync();
        service.OnRequest = r => new(r.Method == "PUT" ? login : action, "{}");
        await Assert.ThrowsAsync<HttpRequestException>(() => new AwsInstanceAction(service.Http, service.Address).PollAsync(Token));
    }

    // Version 2 of the service: a token first, by PUT with a lifetime, then with each question.
    private static void Answer(MetadataService service, MetadataService.Answer action) => service.OnRequest = request => request switch
    {
        { Method: "PUT", Path: "/latest/api/token" } when request.Headers.ContainsKey("X-aws-ec2-metadata-token-ttl-seconds") =>
            new(200, "token==\n", "text/plain"),
        { Method: "GET", Path: "/latest/meta-data/spot/instance-action" } when request.Headers.GetValueOrDefault(
            "X-aws-ec2-metadata-token") == "token==" => action,
        _ => new(401, ""),
    };
}
