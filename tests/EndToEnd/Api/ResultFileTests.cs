using LisaOrleans.Checkpoints;

namespace LisaOrleans.EndToEnd;

public sealed class ResultFileTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task JobResults_job_that_moved_to_another_silo_has_every_step_once()
    {
        using var folder = new TempFolder();
        string job;
        await using (var server = await ApiServer.StartAsync(folder["store"]))
        {
            job = (string)(await server.Http.PostJsonAsync(Requests.Jobs, Requests.Job(await server.Http.UploadAsync(), steps: 40)))["id"]!;
            await server.Http.UntilAsync(job, "running");
            var paused = await server.Http.PostJsonAsync($"{Requests.Jobs}/{job}/pause", null);
            Assert.Empty(paused["result_files"]!.AsArray());
        }

        await using (var server = await ApiServer.StartAsync(folder["store"]))
        {
            await server.Http.PostJsonAsync($"{Requests.Jobs}/{job}/resume", null);
            var done = await server.Http.UntilAsync(job, "succeeded");
            var lines = await LinesAsync(server, (string)Assert.Single(done["result_files"]!.AsArray())!);
            Assert.StartsWith("step,train_loss,valid_loss,", lines[0], StringComparison.Ordinal);
            Assert.Equal(
                Enumerable.Range(1, 40), lines.Skip(1).Select(l => int.Parse(l.Split(',')[0], System.Globalization.CultureInfo.InvariantCulture)));
        }
    }

    [Fact]
    public async Task JobResults_file_outlives_the_model_and_goes_when_it_is_deleted()
    {
        await using var server = await ApiServer.StartAsync();
        var job = (string)(await server.Http.PostJsonAsync(Requests.Jobs, Requests.Job(await server.Http.UploadAsync(), steps: 2)))["id"]!;
        var done = await server.Http.UntilAsync(job, "succeeded");
        var file = (string)Assert.Single(done["result_files"]!.AsArray())!;
        var lines = await LinesAsync(server, file);
        await server.Http.DeleteJsonAsync($"/v1/models/{(string)done["fine_tuned_model"]!}");
        await GarbageCollector.CollectAsync(server.Store, TimeSpan.Zero, TimeProvider.System, Token);
        Assert.Equal(lines, await LinesAsync(server, file));
        Assert.Equal(file, (string)Assert.Single((await server.Http.GetJsonAsync("/v1/files?purpose=fine-tune-results"))["data"]!.AsArray())!["id"]!);

        await server.Http.DeleteJsonAsync($"/v1/files/{file}");
        var report = await GarbageCollector.CollectAsync(server.Store, TimeSpan.Zero, TimeProvider.System, Token);
        Assert.Equal(1, report.Deleted);
        await server.Http.GetJsonAsync($"/v1/files/{file}", System.Net.HttpStatusCode.NotFound);

        // What was deleted does not come back with the next look at the job.
        await server.Http.GetJsonAsync($"{Requests.Jobs}/{job}");
        await server.Http.GetJsonAsync($"/v1/files/{file}", System.Net.HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task JobResults_file_of_metrics_is_no_training_file()
    {
        await using var server = await ApiServer.StartAsync();
        var job = (string)(await server.Http.PostJsonAsync(Requests.Jobs, Requests.Job(await server.Http.UploadAsync(), steps: 1)))["id"]!;
        var file = (string)(await server.Http.UntilAsync(job, "succeeded"))["result_files"]![0]!;
        var refused = await server.Http.PostJsonAsync(Requests.Jobs, Requests.Job(file), System.Net.HttpStatusCode.BadRequest);
        Assert.Equal("invalid_file_purpose", refused.Error("code"));
    }

    private static async Task<string[]> LinesAsync(ApiServer server, string file) =>
        (await server.Http.GetStringAsync($"/v1/files/{file}/content", Token)).TrimEnd('\n').Split('\n');
}
