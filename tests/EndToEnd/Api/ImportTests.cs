using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.EndToEnd;

public sealed class ImportTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task JobImporter_silo_died_before_the_run_another_takes_the_job_up()
    {
        using var folder = new TempFolder();
        string job;

        // The job runs once; then its documents are put back to what a silo that died before the run would have left.
        await using (var server = await ApiServer.StartAsync(folder["store"]))
        {
            job = (string)(await server.Http.PostJsonAsync(Requests.Jobs, Requests.Job(await server.Http.UploadAsync(), steps: 3)))["id"]!;
            await server.Http.UntilAsync(job, "succeeded");
        }

        await RewindAsync(new FolderBlobStore(folder["store"]), job, "127.0.0.1:1@1");
        await using (var server = await ApiServer.StartAsync(folder["store"]))
        {
            var done = await server.Http.UntilAsync(job, "succeeded");
            Assert.Equal(3, (long)done["progress"]!["step"]!);
            Assert.StartsWith("LISA: ", (string?)done["method_description"], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task JobControl_job_that_is_not_yet_a_run_can_be_cancelled()
    {
        using var folder = new TempFolder();
        string job;
        await using (var server = await ApiServer.StartAsync(folder["store"]))
        {
            job = (string)(await server.Http.PostJsonAsync(Requests.Jobs, Requests.Job(await server.Http.UploadAsync(), steps: 1)))["id"]!;
            await server.Http.UntilAsync(job, "succeeded");
        }

        // Without the folder of models nobody here can import it.
        await RewindAsync(new FolderBlobStore(folder["store"]), job, null);
        await using (var server = await ApiServer.StartAsync(folder["store"], o => o with { ModelsFolder = null }))
        {
            Assert.Equal("validating_files", (string)(await server.Http.GetJsonAsync($"{Requests.Jobs}/{job}"))["status"]!);
            await server.Http.PostJsonAsync($"{Requests.Jobs}/{job}/pause", null, HttpStatusCode.BadRequest);
            var cancelled = await server.Http.PostJsonAsync($"{Requests.Jobs}/{job}/cancel", null);
            Assert.Equal("cancelled", (string)cancelled["status"]!);
            Assert.NotNull(cancelled["finished_at"]);
        }
    }

    [Fact]
    public async Task JobImporter_chats_for_a_model_without_a_template_get_the_usual_one_and_the_events_say_so()
    {
        await using var server = await ApiServer.StartAsync();
        var chats = string.Concat(Enumerable.Range(0, 4).Select(i =>
            $$"""{"messages": [{"role": "user", "content": "Say {{i}}"}, {"role": "assistant", "content": "{{i}}!"}]}""" + "\n"));
        var job =
            (string)(await server.Http.PostJsonAsync(
                Requests.Jobs, Requests.Job(await server.Http.UploadAsync(chats), steps: 2, blockSize: 128)))["id"]!;
        var done = await server.Http.UntilAsync(job, "succeeded");
        var events = (await server.Http.GetJsonAsync($"{Requests.Jobs}/{job}/events"))["data"]!.AsArray();
        var warning = Assert.Single(events, e => (string)e!["level"]! == "warn")!;
        Assert.Contains("has no chat template of its own: the chats are written with chatml", (string)warning["message"]!, StringComparison.Ordinal);

        // The trained model knows the template.
        var turns =
            new[] { new { role = "user", content = "Say 1" }, new { role = "assistant", content = "1!" }, new { role = "user", content = "Say 2" } };
        var answer = await server.Http.PostJsonAsync(
            "/v1/chat/completions", new { model = (string)done["fine_tuned_model"]!, messages = turns, max_tokens = 2 });
        Assert.Single(answer["choices"]!.AsArray());
    }

    [Fact]
    public async Task JobImporter_what_the_data_became_is_told_by_the_job_and_its_events()
    {
        await using var server = await ApiServer.StartAsync();
        var (few, many) = (" mice", string.Concat(Enumerable.Repeat(" mice", 40)));
        var texts = ((string[])[few, few, many, many]).Select(
            (food, i) => JsonSerializer.Serialize(new { prompt = "The owl", completion = food, id = i }));
        var file = await server.Http.UploadAsync(string.Join('\n', texts));
        var request = new
        {
            model = ApiServer.Model,
            training_file = file,
            validation_file = file,
            method = new { type = "lisa", lisa = new { hyperparameters = new { max_steps = 1, block_size = 16, threads = 1 } } },
        };
        var job = (string)(await server.Http.PostJsonAsync(Requests.Jobs, request))["id"]!;
        var done = await server.Http.UntilAsync(job, "succeeded");
        var events = (await server.Http.GetJsonAsync($"{Requests.Jobs}/{job}/events?order=asc&limit=100"))["data"]!.AsArray();
        foreach (var (name, prefix) in new[] { ("training", ""), ("validation", "evaluation data: ") })
        {
            var figures = done["data"]![name]!;
            Assert.Equal((4, 4, 2), ((int)figures["records"]!, (int)figures["samples"]!, (int)figures["truncated"]!));
            Assert.Equal("id", (string?)Assert.Single(figures["fields_left_out"]!.AsArray()));
            Assert.Equal((16, 32 + (2 * (int)figures["shortest"]!)), ((int)figures["block_size"]!, (int)figures["tokens"]!));
            Assert.Equal((long)figures["cut_tokens"]!, 2 * ((int)figures["longest"]! - 16));
            Assert.Single(events, e => (string)e!["message"]! == $"{prefix}fields left out: id");
            var warned = events.Where(e => (string)e!["level"]! == "warn").Select(e => (string)e!["message"]!);
            Assert.Single(warned, message => message.StartsWith($"{prefix}50 % of the samples", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task GarbageCollector_blobs_of_files_are_kept_until_the_file_is_deleted()
    {
        await using var server = await ApiServer.StartAsync();
        var file = await server.Http.UploadAsync();
        await Task.WhenAll(
            Enumerable.Range(0, 2).Select(_ => GarbageCollector.CollectAsync(server.Store, TimeSpan.Zero, TimeProvider.System, Token)));
        Assert.NotEmpty(await server.Http.GetStringAsync($"/v1/files/{file}/content", Token));
        await server.Http.DeleteJsonAsync($"/v1/files/{file}");
        var report = await GarbageCollector.CollectAsync(server.Store, TimeSpan.Zero, TimeProvider.System, Token);
        Assert.Equal(1, report.Deleted);
    }

    // As if the silo had died right after it had written the job: no run, and its claim on the import still there.
    private static async Task RewindAsync(FolderBlobStore store, string job, string? silo)
    {
        var path = $"jobs/{job}.json";
        var document = await store.GetDocumentAsync(path, Token);
        var content = JsonNode.Parse(document!.Content)!.AsObject();
        content["phase"] = "validating";
        content["outcome"] = null;
        var file = JsonNode.Parse((await store.GetDocumentAsync($"files/{(string)content["training_file"]!["id"]!}.json", Token))!.Content)!;
        content["training_file"]!["sha256"] = (string)file["sha256"]!;
        await store.PutDocumentAsync(path, System.Text.Encoding.UTF8.GetBytes(content.ToJsonString()), document.ETag, Token);
        await RunStore.DeleteAsync(store, job, Token);
        var import = new JsonObject { ["created_at"] = DateTimeOffset.UtcNow, ["silo"] = silo };
        await store.PutDocumentAsync($"imports/{job}.json", System.Text.Encoding.UTF8.GetBytes(import.ToJsonString()), null, Token);
    }
}
