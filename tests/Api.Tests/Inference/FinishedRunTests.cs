using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;
using LisaOrleans.Training;

namespace LisaOrleans.Api.Tests;

public sealed class FinishedRunTests
{
    private const string Question = "What does a dog say?";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("float32", "plain")]
    [InlineData("bfloat16", "chatml")]
    public async Task AnswerAsync_finished_run_answers_as_its_export_does(string dtype, string template)
    {
        using var run = new FinishedRun();
        await run.ImportAsync("animals", template, dtype, steps: 40);
        await using (var early = await CompletionServer.StartAsync(new InferenceOptions(), run.Store))
        {
            var (status, error) = await early.FailAsync(CompletionServer.Text, """{"model": "animals", "prompt": "A"}""");
            Assert.Equal((404, "model_not_found"), (status, error.GetProperty("code").GetString()));
        }

        await run.TrainAsync("animals");
        await run.ExportAsync("animals");
        await using var server = await CompletionServer.StartAsync(
            new InferenceOptions { ModelsFolder = run.Models, Template = template }, run.Store);
        var expected = Content(await Ask("exported"));
        Assert.Equal(expected, Content(await Ask("animals")));
        Assert.Equal(expected, Content(await Ask("ft:tiny-stories::animals")));

        // The base model with the same prompt says something else: it was not trained.
        await using var samples = await CompletionServer.StartAsync(CompletionServer.Samples with { Template = template });
        Assert.NotEqual(expected, Content(await samples.AskAsync(CompletionServer.Chat, Request("tiny-stories"))));

        Task<JsonElement> Ask(string model) => server.AskAsync(CompletionServer.Chat, Request(model));
        static object Request(string model) =>
            new { model, messages = new[] { new { role = "user", content = Question } }, max_tokens = 24, temperature = 0 };
        static string Content(JsonElement answer) => answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;
    }

    // A server has jobs, too, and any short name could be the end of the name of a job's model.
    [Fact]
    public async Task FindAsync_name_that_ends_with_a_run_means_it_unless_there_is_a_job_of_that_name()
    {
        using var run = new FinishedRun();
        await run.ImportAsync("first", steps: 2);
        await run.TrainAsync("first");
        await using var silo = await EmbeddedSilo.StartAsync(
            new EmbeddedSiloOptions { Store = run.Store, HttpPort = 0, Http = new ApiServer(new ApiServerOptions()) }, Token);
        using var http = new HttpClient { BaseAddress = silo.HttpAddress };
        var expected = await TextAsync("first");
        Assert.Equal(expected, await TextAsync("ft:tiny-stories::first"));
        Assert.Equal(expected, await TextAsync("ft:tiny-stories::first:ckpt-step-2"));
        Assert.Null(await TextAsync("ft:tiny-stories::second"));

        // Its model was deleted.
        var job = ImportedJob.Of("ftjob-first") with { ModelDeleted = true };
        Assert.True(await new DocumentSet<JobDocument>(run.Store, "jobs").TryCreateAsync(job.Id, job, Token));
        Assert.Null(await TextAsync(job.FineTunedModel));
        Assert.Null(await TextAsync(ModelIds.Checkpoint(job.FineTunedModel, 2)));
        Assert.Equal(expected, await TextAsync("first"));

        async Task<string?> TextAsync(string model)
        {
            using var response = await http.PostAsJsonAsync(
                CompletionServer.Text, new { model, prompt = "A dog", max_tokens = 8, temperature = 0 }, Token);
            if (response.StatusCode == HttpStatusCode.NotFound) return null;
            var answer = JsonElement.Parse(await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync(Token));
            return answer.GetProperty("choices")[0].GetProperty("text").GetString();
        }
    }

    // Of a run of a bfloat16 model that computed in float32.
    [Fact]
    public async Task AnswerAsync_model_with_no_room_to_be_widened_at_once_is_widened_a_layer_at_a_time_and_answers_the_same()
    {
        using var run = new FinishedRun();
        await run.ImportAsync("animals", dtype: "bfloat16", steps: 2, compute: "float32");
        await run.TrainAsync("animals");
        var options = new InferenceOptions();
        var (least, most) = (await Measure(room: 0), await Measure(room: long.MaxValue));
        Assert.True(least < most);
        Assert.Equal(await Ask(most), await Ask(most - 1));
        Assert.Equal(await Ask(most), await Ask(least));

        async Task<long> Measure(long room) => ModelHost.Measure(
            new FinishedRunModel((await RunModel.FindAsync(run.Store, ManifestAddress.Last("animals"), Token, _ => room))!), options);

        async Task<string> Ask(long bytes)
        {
            await using var server = await CompletionServer.StartAsync(options with { MaxModelBytes = bytes }, run.Store);
            var answer = await server.AskAsync(
                CompletionServer.Text, new { model = "animals", prompt = "A dog", max_tokens = 24, temperature = 0 });
            return answer.GetProperty("choices")[0].GetProperty("text").GetString()!;
        }
    }

    [Fact]
    public async Task RunGrain_training_beside_completions_ends_with_the_same_bits_as_alone()
    {
        using var alone = new FinishedRun();
        await alone.ImportAsync("run", steps: 12, threads: 2);
        await alone.TrainAsync("run");

        using var beside = new FinishedRun();
        await beside.ImportAsync("run", steps: 12, threads: 2);
        await using var server = await CompletionServer.StartAsync();
        var ended = false;
        var clients = Enumerable.Range(0, 2).Select(Chatter).ToArray();
        await Until.True(() => server.Pool.Count > 0);
        await beside.TrainAsync("run");
        Volatile.Write(ref ended, true);
        Assert.All(await Task.WhenAll(clients), count => Assert.NotEqual(0, count));
        Assert.Equal(await alone.ExportAsync("run"), await beside.ExportAsync("run"));

        async Task<int> Chatter(int seed)
        {
            var count = 0;
            while (!Volatile.Read(ref ended))
            {
                await server.AskAsync(CompletionServer.Text, new { model = "tiny-stories", prompt = "Once", max_tokens = 100, seed });
                count++;
            }

            return count;
        }
    }
}
