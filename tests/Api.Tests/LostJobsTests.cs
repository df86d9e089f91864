using System.Net.Http.Json;
using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Grains;
using LisaOrleans.Silo;
using Microsoft.Extensions.Logging.Abstractions;

namespace LisaOrleans.Api.Tests;

/// <summary>Jobs of a process that was killed, in a store that the next one serves.</summary>
public sealed class LostJobsTests : IDisposable
{
    private readonly FinishedRun _runs = new();
    private readonly JobCatalog _jobs;

    public LostJobsTests() => _jobs = new JobCatalog(_runs.Store, NullLogger<JobCatalog>.Instance);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _runs.Dispose();

    [Theory]
    [InlineData(RunHeadStates.Running)]
    [InlineData(RunHeadStates.Waiting)]
    public async Task ExecuteAsync_job_that_nobody_works_on_is_paused_and_can_be_resumed(string state)
    {
        await BeginAsync("ftjob-lost", state);
        await using var silo = await EmbeddedSilo.StartAsync(
            new EmbeddedSiloOptions { Store = _runs.Store, HttpPort = 0, Http = new ApiServer(new ApiServerOptions()) }, Token);
        using var http = new HttpClient { BaseAddress = new Uri(silo.HttpAddress!, "v1/fine_tuning/jobs/") };
        await Until.True(async () => await StatusAsync() == "paused");
        using var resumed = await http.PostAsync(new Uri("ftjob-lost/resume", UriKind.Relative), null, Token);
        Assert.True(resumed.IsSuccessStatusCode, await resumed.Content.ReadAsStringAsync(Token));
        await Until.True(async () => await StatusAsync() == "succeeded");

        async Task<string?> StatusAsync() =>
            (await http.GetFromJsonAsync<JsonElement>(new Uri("ftjob-lost", UriKind.Relative), Token)).GetProperty("status").GetString();
    }

    [Fact]
    public async Task LookAsync_jobs_that_somebody_works_on_or_is_to_are_left()
    {
        foreach (var id in (string[])["ftjob-held", "ftjob-here", "ftjob-own"]) await BeginAsync(id, RunHeadStates.Running);
        await BeginAsync("ftjob-ofcluster", RunHeadStates.Running, "c");
        await BeginAsync("ftjob-new", RunHeadStates.Running, isNew: true);
        await BeginAsync("ftjob-lost", RunHeadStates.Running);
        await using var lease = await RunLease.AcquireAsync(
            _runs.Store, "ftjob-held", RunHolder.ThisProcess with { Id = "other" }, takeOver: false, new LeaseOptions(), TimeProvider.System, Token);
        await using var silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Store = _runs.Store }, Token);
        var local = new LocalRuns();
        local.Add("ftjob-here");
        using var look = new LostJobs(
            _jobs, _runs.Store, silo.Grains, local, new LeaseScope(null, Except: "ftjob-own"), TimeProvider.System, NullLogger<LostJobs>.Instance);
        await look.LookAsync(Token);
        foreach (var id in (string[])["ftjob-held", "ftjob-here", "ftjob-own", "ftjob-ofcluster", "ftjob-new"])
            Assert.Equal(RunHeadStates.Running, await StateAsync(id));
        Assert.Equal(RunHeadStates.Paused, await StateAsync("ftjob-lost"));

        async Task<string?> StateAsync(string id) => (await RunStore.ReadHeadAsync(_runs.Store, id, Token))!.State;
    }

    // To see whether somebody works on a job may take seconds.
    [Fact]
    public async Task LookAsync_several_jobs_are_looked_at_side_by_side()
    {
        foreach (var id in (string[])["ftjob-a", "ftjob-b"]) await BeginAsync(id, RunHeadStates.Running);
        await using var silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Store = _runs.Store }, Token);
        using var look = new LostJobs(
            _jobs, new LeasesInPairs(_runs.Store), silo.Grains, new LocalRuns(), new LeaseScope(null), TimeProvider.System,
            NullLogger<LostJobs>.Instance);
        await look.LookAsync(Token).WaitAsync(TimeSpan.FromMinutes(1), Token);
        foreach (var id in (string[])["ftjob-a", "ftjob-b"])
            Assert.Equal(RunHeadStates.Paused, (await RunStore.ReadHeadAsync(_runs.Store, id, Token))!.State);
    }

    private async Task BeginAsync(string id, string state, string? cluster = null, bool isNew = false)
    {
        await _runs.ImportAsync(id);
        await RunStore.AcquireAsync(_runs.Store, id, new RunClaim(state, cluster), Token);
        await _jobs.AddAsync(ImportedJob.Of(id), Token);
        if (!isNew) await _jobs.Imports.DeleteAsync(id, Token);
    }

    /// <summary>A lease is read when another one is, too.</summary>
    private sealed class LeasesInPairs(IBlobStore inner) : DelegatingBlobStore(inner)
    {
        private readonly TaskCompletionSource _both = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _asked;

        public override async Task<StoreDocument?> GetDocumentAsync(string path, CancellationToken cancellationToken)
        {
            if (path.EndsWith("/lease.json", StringComparison.Ordinal))
            {
                if (Interlocked.Increment(ref _asked) == 2) _both.SetResult();
                await _both.Task.WaitAsync(cancellationToken);
            }

            return await base.GetDocumentAsync(path, cancellationToken);
        }
    }
}
