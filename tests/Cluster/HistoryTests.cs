using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;
using LisaOrleans.Training;

namespace LisaOrleans.Cluster.Tests;

/// <summary>What a cluster has trained, with replicas or with stages and though a silo was killed, is repeated by a single silo.</summary>
[Collection(nameof(KilledSilos))]
public sealed class HistoryTests(KilledSilosFixture fixture)
{
    private const int Steps = 20;
    private const int SaveSteps = 5;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Runs_of_several_silos_are_verified_and_their_forks_end_with_the_same_bytes()
    {
        var cluster = fixture.Cluster;
        using var folder = new TempFolder();
        await fixture.RestartAsync();
        await SubmitAsync("replicas", "2");
        var status = await RunProgress.UntilAsync(cluster, "replicas", s => s.Step >= 5);
        Assert.Equal([0, 1], status.Stages.Select(s => s.Replica).Distinct().Order());
        Assert.Equal(3, status.Stages.Count);
        var owner = await cluster.OwnerAsync("replicas");
        await cluster.Silos.First(s => s.Address != owner).KillAsync();
        await SucceedsAsync("replicas");
        Assert.True((await cluster.Client.GetAsync("replicas", Token)).Generation > status.Generation);

        await SubmitAsync("stages", "1");
        await SucceedsAsync("stages");
        var store = new FolderBlobStore(cluster.Store);
        foreach (var run in (string[])["replicas", "stages"])
        {
            var verified = await RunVerifier.VerifyAsync(store, run, null, null, Token);
            Assert.Null(verified.Difference);
            Assert.Equal((0, Steps), (verified.From, verified.Last));
            Assert.True(verified.Manifests.Count >= Steps / SaveSteps);
            await RunFork.CreateAsync(store, ManifestAddress.At(run, Steps / 2), run + "-fork", new GivenSettings(), Token);
            await cluster.Client.ResumeAsync(run + "-fork", cancellationToken: Token);
            await SucceedsAsync(run + "-fork");
            foreach (var name in (string[])[run, run + "-fork"]) await RunExporter.ExportAsync(store, name, folder[name], Token);
            TwoRuns.AssertEqual(
                (await RunExporter.ReadHistoryAsync(store, run, Token), folder[run]),
                (await RunExporter.ReadHistoryAsync(store, run + "-fork", Token), folder[run + "-fork"]));
        }

        Task SubmitAsync(string run, string replicas)
        {
            var request = UndisturbedRun.Request(run, replicas);
            return cluster.Client.SubmitAsync(
                request with { Spec = request.Spec with { MaxSteps = Steps, SaveSteps = SaveSteps, KeepManifests = "all", BlockSize = 64 } }, null, Token);
        }

        Task SucceedsAsync(string run) =>
            Until.True(async () => (await cluster.Client.GetAsync(run, Token)).State == RunState.Succeeded, pause: 50).WaitAsync(s_patience, Token);
    }
}
