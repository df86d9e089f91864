using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using LisaOrleans.Checkpoints;

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
        var id = await ForgetAnswersAsync(server.Store, silo);
        Assert.Equal(id, await server.Http.UploadAsync("{\"text\": \"a\"}\n", "one"));
        Assert.Single((await server.Http.GetJsonAsync("/v1/files"))["data"]!.AsArray());

        // Whatever has become of it since.
        await server.Http.DeleteJsonAsync($"/v1/files/{id}");
        await ForgetAnswersAsync(server.Store, silo);
        Assert.Equal(id, await server.Http.UploadAsync("{\"text\": \"a\"}\n", "one"));
        Assert.Empty((await server.Http.GetJsonAsync("/v1/files"))["data"]!.AsArray());
    }

    [Fact]
    public async Task Idempotency_job_that_was_made_and_cancelled_by_requests_that_were_not_finished_stays_so()
    {
        await using var server = await ApiServer.StartAsync();
        var order = Requests.Job(await server.Http.UploadAsync(), steps: 100_000);
        var job = (string)(await server.Http.PostJsonAsync(Requests.Jobs, order, HttpStatusCode.OK, "j"))["id"]!;
        await ForgetAnswersAsync(server.Store, "127.0.0.1:1@1");
        await server.Http.DeleteJsonAsync($"/v1/files/{(await server.Http.GetJsonAsync("/v1/files"))["data"]![0]!["id"]}");
        Assert.Equal(job, (string?)(await server.Http.PostJsonAsync(Requests.Jobs, order, HttpStatusCode.OK, "j"))["id"]);
        foreach (var (action, status) in ((string, string)[])[("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")])
        {
            await server.Http.UntilAsync(job, action == "resume" ? "paused" : "running");
            for (var i = 0; i < 2; i++)
            {
                var answer = await server.Http.PostJsonAsync($"{Requests.Jobs}/{job}/{action}", null, HttpStatusCode.OK, "j");
                Assert.True(action == "resume" || status == (string?)answer["status"], answer.ToJsonString());
                await ForgetAnswersAsync(server.Store, "127.0.0.1:1@1");
                if (action == "resume") await server.Http.UntilAsync(job, "running");
            }
        }

        await server.Http.PostJsonAsync($"{Requests.Jobs}/{job}/cancel", null, HttpStatusCode.BadRequest, "another");
        Assert.Single((await server.Http.GetJsonAsync(Requests.Jobs))["data"]!.AsArray());
    }

    // Of what it made, and of its answer: by the silo that could not write down how it ended, as soon as it can.
    [Theory]
    [InlineData("files/", HttpStatusCode.ServiceUnavailable)]
    [InlineData("idempotency/", HttpStatusCode.OK)]
    public async Task Idempotency_end_that_the_store_did_not_take_is_written_once_it_does(string refused, HttpStatusCode status)
    {
        StoreThatFails? store = null;
        await using var server = await ApiServer.StartAsync(through: s => store = new StoreThatFails(s, refused));
        await server.Http.UploadAsync("{\"text\": \"a\"}\n", status, "one");
        var record = await RecordAsync();
        Assert.Null((string?)record["answer"]);
        Assert.NotEqual("", (string?)record["silo"]);
        store!.Works = true;
        await Until.True(async () => await RecordAsync() is var r && (r["answer"] is not null || (string?)r["silo"] == ""));
        Assert.Equal((string)record["id"]!, await server.Http.UploadAsync("{\"text\": \"a\"}\n", "one"));
        Assert.Single((await server.Http.GetJsonAsync("/v1/files"))["data"]!.AsArray());

        async Task<JsonObject> RecordAsync()
        {
            var path = await server.Store.ListDocumentsAsync("idempotency/", Token).SingleAsync(Token);
            return JsonNode.Parse((await server.Store.GetDocumentAsync(path, Token))!.Content)!.AsObject();
        }
    }

    // As if the silo had died before it could answer any of the requests so far; null leaves them to the silo that lives.
    private static async Task<string> ForgetAnswersAsync(IBlobStore store, string? silo)
    {
        var id = "";
        await foreach (var path in store.ListDocumentsAsync("idempotency/", Token))
        {
            var document = await store.GetDocumentAsync(path, Token);
            var record = JsonNode.Parse(document!.Content)!.AsObject();
            record["answer"] = null;
            if (silo is not null) record["silo"] = silo;
            await store.PutDocumentAsync(path, Encoding.UTF8.GetBytes(record.ToJsonString()), document.ETag, Token);
            id = (string)record["id"]!;
        }

        return id;
    }

    // Fails from the first write on to a folder, but for the claim of a key.
    private sealed class StoreThatFails(IBlobStore inner, string folder) : DelegatingBlobStore(inner)
    {
        private volatile bool _fails;

        public bool Works { get; set; }

        public override Task<string> PutDocumentAsync(string path, ReadOnlyMemory<byte> content, string? ifMatch, CancellationToken cancellationToken)
        {
            if (path.StartsWith(folder, StringComparison.Ordinal) && (ifMatch is not null || folder != "idempotency/")) _fails = true;
            return _fails && !Works ? throw new IOException("the store is away") : base.PutDocumentAsync(path, content, ifMatch, cancellationToken);
        }
    }
}
