using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LisaOrleans.Checkpoints;
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

    [Fact]
    public async Task Job_of_a_model_whose_config_a_new_run_may_not_have_is_refused_at_once()
    {
        await BeginAsync("plain");
        await ChangeConfigAsync();
        await using var silo = await StartAsync();
        using var http = new HttpClient { BaseAddress = silo.HttpAddress };
        using var refused = await PostAsync(http, new { max_steps = 1, threads = 1 });
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        var error = JsonElement.Parse(await refused.Content.ReadAsStringAsync(Token)).GetProperty("error");
        Assert.Equal("model_invalid", error.GetProperty("code").GetString());
        Assert.Contains("field 'is_causal' is false", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private async Task BeginAsync(string template)
    {
        await _runs.ImportAsync(Id, template);
        await _jobs.AddAsync(ImportedJob.Of(Id) with { Outcome = new(JobStatuses.Succeeded, DateTimeOffset.UnixEpoch, 7) }, Token);
        await _jobs.Imports.DeleteAsync(Id, Token);
    }

    // As if an older build had begun the run.
    private async Task ChangeConfigAsync()
    {
        var session = await RunStore.AcquireAsync(_runs.Store, Id, new RunClaim(RunHeadStates.Paused), Token);
        var manifest = session.Manifest!;
        using var config = await _runs.Store.ReadAsync(manifest.Files["config.json"], Token);
        var fields = JsonNode.Parse(Encoding.UTF8.GetString(config.ToArray()))!.AsObject();
        fields["is_causal"] = false;
        var changed = new BytesBlob(Encoding.UTF8.GetBytes(fields.ToJsonString()));
        await _runs.Store.PutAsync(changed, Token);
        var files = new Dictionary<string, BlobRef>(manifest.Files) { ["config.json"] = new(changed.Sha256, changed.Length) };
        await session.CommitAsync(manifest with { Files = files, Generation = session.Generation }, Token);
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
