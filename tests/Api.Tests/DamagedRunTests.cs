using System.Net;
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
        await StreamsAsync(http, runs);
        var models = (await GetAsync("v1/models")).GetProperty("data").EnumerateArray().Select(m => m.GetProperty("id").GetString());
        Assert.Equal(ModelIds.Tuned("base", null, "ftjob-ended"), Assert.Single(models));

        string? Status(string id) => listed[id].GetProperty("status").GetString();

        async Task<JsonElement> GetAsync(string path) => JsonElement.Parse(await http.GetStringAsync(new Uri(path, UriKind.Relative), Token));
    }

    // Damage is an error like any other while the stream has not begun, and the stream's last line where it has.
    private static async Task StreamsAsync(HttpClient http, FinishedRun runs)
    {
        using var whole = await http.GetAsync(new Uri("v1/fine_tuning/jobs/ftjob-bad/events?stream=true", UriKind.Relative), Token);
        Assert.Equal(HttpStatusCode.InternalServerError, whole.StatusCode);
        Assert.Equal("damaged", Code(await whole.Content.ReadAsStringAsync(Token)));

        var journal = new BytesBlob("none"u8.ToArray());
        await runs.Store.PutAsync(journal, Token);
        var claim = new RunClaim(RunHeadStates.Paused)
        {
            Journal = (_, _) => Task.FromResult<IReadOnlyList<LogSegment>>([new(new BlobRef(journal.Sha256, journal.Length), 1, 1)]),
        };
        await RunStore.AcquireAsync(runs.Store, "ftjob-good", claim, Token);
        var events = await http.GetStringAsync(new Uri("v1/fine_tuning/jobs/ftjob-good/events?stream=true", UriKind.Relative), Token);
        var last = events.TrimEnd('\n').Split('\n')[^1];
        Assert.StartsWith("data: ", last, StringComparison.Ordinal);
        Assert.Equal("damaged", Code(last["data: ".Length..]));

        static string? Code(string json) => JsonElement.Parse(json).GetProperty("error").GetProperty("code").GetString();
    }
}
