using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using LisaOrleans.Silo;
using Microsoft.Extensions.Logging.Abstractions;

namespace LisaOrleans.Api.Tests;

/// <summary>Jobs that begin with what another job has made.</summary>
public sealed class TunedModelJobTests : IDisposable
{
    private const string Id = "ftjob-first";

    private readonly FinishedRun _runs = new();
    private readonly JobCatalog _jobs;

    public TunedModelJobTests() => _jobs = new JobCatalog(_runs.Store, NullLogger<JobCatalog>.Instance);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _runs.Dispose();

    [Fact]
    public async Task Job_writes_chats_as_the_first_did_unless_it_names_a_template()
    {
        await BeginAsync("chatml");
        await using var silo = await StartAsync();
        using var http = new HttpClient { BaseAddress = silo.HttpAddress };
        Assert.Equal("chatml", await TemplateAsync(new { max_steps = 1, threads = 1 }));
        Assert.Equal("zephyr", await TemplateAsync(new { max_steps = 1, threads = 1, template = "zephyr" }));

        async Task<string> TemplateAsync(object hyperparameters)
        {
            using var made = await PostAsync(http, hyperparameters);
            var answer = JsonElement.Parse(await made.Content.ReadAsStringAsync(Token));
            Assert.True(made.StatusCode == HttpStatusCode.OK, answer.GetRawText());
            return (await _jobs.GetAsync(answer.GetProperty("id").GetString()!, Token)).Dataset.Template;
        }
    }

    private async Task BeginAsync(string template)
    {
        await _runs.ImportAsync(Id, template);
        await _jobs.AddAsync(ImportedJob.Of(Id) with { Outcome = new(JobStatuses.Succeeded, DateTimeOffset.UnixEpoch, 7) }, Token);
        await _jobs.Imports.DeleteAsync(Id, Token);
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient http, object hyperparameters)
    {
        var data = await File.ReadAllBytesAsync(Path.Combine(Repository.Root, "samples", "animals.jsonl"), Token);
        using var content = new MultipartFormDataContent
        {
            { new ByteArrayContent(data), "file", "animals.jsonl" }, { new StringContent("fine-tune"), "purpose" },
        };
        using var uploaded = await http.PostAsync(new Uri("v1/files", UriKind.Relative), content, Token);
        var body = new
        {
            model = ModelIds.Tuned("base", null, Id),
            training_file = JsonElement.Parse(await uploaded.Content.ReadAsStringAsync(Token)).GetProperty("id").GetString(),
            method = new { type = "lisa", lisa = new { hyperparameters } },
        };
        return await http.PostAsJsonAsync("v1/fine_tuning/jobs", body, Token);
    }

    private Task<EmbeddedSilo> StartAsync() => EmbeddedSilo.StartAsync(
        new EmbeddedSiloOptions { Store = _runs.Store, HttpPort = 0, Http = new ApiServer(new ApiServerOptions()) }, Token);
}
