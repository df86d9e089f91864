using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace LisaOrleans.EndToEnd;

public sealed class IdempotencyTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Idempotency_same_request_again_makes_nothing_twice()
    {
        await using var server = await ApiServer.StartAsync();
        var file = await server.Http.UploadAsync("{\"text\": \"a\"}\n", "one");
        Assert.Equal(file, await server.Http.UploadAsync("{\"text\": \"a\"}\n", "one"));
        var reused = await server.Http.UploadAsync("{\"text\": \"b\"}\n", HttpStatusCode.UnprocessableEntity, "one");
        Assert.Equal("idempotency_key_reused", reused.Error("code"));
        Assert.NotEqual(file, await server.Http.UploadAsync("{\"text\": \"a\"}\n", "two"));
        Assert.Equal(2, (await server.Http.GetJsonAsync("/v1/files"))["data"]!.AsArray().Count);
    }

    [Fact]
    public async Task Idempotency_failed_request_may_be_tried_again()
    {
        await using var server = await ApiServer.StartAsync();
        await server.Http.PostJsonAsync(Requests.Jobs, Requests.Job("file-none"), HttpStatusCode.BadRequest, "one");
        await server.Http.PostJsonAsync(Requests.Jobs, Requests.Job("file-none"), HttpStatusCode.BadRequest, "one");
        var file = await server.Http.UploadAsync("{\"text\": \"a\"}\n");
        await server.Http.PostJsonAsync(Requests.Jobs, Requests.Job(file), HttpStatusCode.OK, "one");
    }

    // By a silo that died; by this one, which could not write down how it ended (null); and by one that did.
    [Theory]
    [InlineData("127.0.0.1:1@1")]
    [InlineData(null)]
    [InlineData("")]
    public async Task Idempotency_request_that_was_not_finished_is_done_once_under_the_id_that_it_had(string? silo)
    {
        await using var server = await ApiServer.StartAsync();
        await server.Http.UploadAsync("{\"text\": \"a\"}\n", "one");
        var path = "";
        await foreach (var found in server.Store.ListDocumentsAsync("idempotency/", Token)) path = found;
        var document = await server.Store.GetDocumentAsync(path, Token);
        var record = JsonNode.Parse(document!.Content)!.AsObject();
        record["answer"] = null;
        if (silo is not null) record["silo"] = silo;
        await server.Store.PutDocumentAsync(path, Encoding.UTF8.GetBytes(record.ToJsonString()), document.ETag, Token);
        Assert.Equal((string)record["id"]!, await server.Http.UploadAsync("{\"text\": \"a\"}\n", "one"));
        Assert.Single((await server.Http.GetJsonAsync("/v1/files"))["data"]!.AsArray());
    }
}
