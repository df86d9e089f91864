using LisaOrleans.Checkpoints;

namespace LisaOrleans.Cluster.Tests;

/// <summary>A short version of bench fencing: a silo that wakes up after its declared death commits nothing.</summary>
[Collection(nameof(KilledSilos))]
public sealed class FencingTests(KilledSilosFixture fixture, ITestOutputHelper output)
{
    private const string Run = "fencing";
    private const int Tries = 2;

    [Fact]
    public async Task CommitAsync_silo_awake_again_after_its_declared_death_commits_nothing()
    {
        var cluster = fixture.Cluster;
        await fixture.RestartAsync();
        var token = TestContext.Current.CancellationToken;
        var request = UndisturbedRun.Request(Run);
        await cluster.Client.SubmitAsync(request with { Spec = request.Spec with { SaveSteps = 1 } }, null, token);
        try
        {
            var trials = new FencingTrials(cluster, Run, await BlobStores.OpenAsync(cluster.Store, token), seed: 1, output.WriteLine);
            await trials.RunAsync(Tries);
            Assert.Equal(Tries, trials.Refused + trials.Stopped);
            await cluster.Client.CancelAsync(Run, token);
        }
        catch
        {
            await cluster.GiveUpAsync(Run, output.WriteLine);
            throw;
        }
    }
}
