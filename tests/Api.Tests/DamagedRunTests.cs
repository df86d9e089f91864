using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;
using Microsoft.Extensions.Logging.Abstractions;

namespace LisaOrleans.Api.Tests;

/// <summary>What the lists of jobs and models say where a run cannot be read: one must not hide the others.</summary>
public sealed class DamagedRunTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lists_run_without_its_manifest_has_failed_and_hides_no_other()
    {
        using var runs = new FinishedRun();
        var jobs = new JobCatalog(runs.Store, NullLogger<JobCatalog>.Instance);
        foreach (var id in (string[])["ftjob-good", "ftjob-bad", "ftjob-ended"])
        {
            await runs.ImportAsync(id);
            await jobs.AddAsync(ImportedJob.Of(id), Token);
            await jobs.Imports.DeleteAsync(id, Token);
        }

        // What is known of an end stays known.
        await jobs.UpdateAsync("ftjob-ended", j => j with { Outcome = new(JobStatuses.Succeeded, DateTimeOffset.UnixEpoch, 7) }, Token);
        var manifest = new BlobRef("", 0);
        foreach (var id in (string[])["ftjob-ended", "ftjob-bad"])
        {
            manifest = (await RunStore.ReadHeadAsync(runs.Store, id, Token))!.Manifest!;
            Assert.True(await runs.Store.DeleteAsync(await runs.Store.ListAsync(Token).SingleAsync(b => b.Sha256 == manifest.Sha256, Token), Token));
        }

        await using var silo = await EmbeddedSilo.StartAsync(
            new EmbeddedSiloOptions { Store = runs.Store, HttpPort = 0, Http = new ApiServer(new ApiServerOptions()) }, Token);
        using var http = new HttpClient { BaseAddress = silo.HttpAddress };
        var listed = (await GetAsync("v1/fine_tuning/jobs")).GetProperty("data").EnumerateArray().ToDictionary(j => j.GetProperty("id").GetString()!);
        Assert.Equal("queued", Status("ftjob-good"));
        Assert.Equal("failed", Status("ftjob-bad"));
        Assert.Equal("succeeded", Status("ftjob-ended"));
        var error = listed["ftjob-bad"].GetProperty("error");
        Assert.Equal("damaged", error.GetProperty("code").GetString());
        Assert.Contains(manifest.Sha256, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal("failed", (await GetAsync("v1/fine_tuning/jobs/ftjob-bad")).GetProperty("status").GetString());
        var models = (await GetAsync("v1/models")).GetProperty("data").EnumerateArray().Select(m => m.GetProperty("id").GetString());
        Assert.Equal(ModelIds.Tuned("base", null, "ftjob-ended"), Assert.Single(models));

        string? Status(string id) => listed[id].GetProperty("status").GetString();

        async Task<JsonElement> GetAsync(string path) => JsonElement.Parse(await http.GetStringAsync(new Uri(path, UriKind.Relative), Token));
    }
}
