using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Grains;
using LisaOrleans.Training;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace LisaOrleans.Silo.Tests;

/// <summary>What a silo writes into the store about the runs that it leads.</summary>
public sealed class LeaseKeeperTests : IDisposable
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);

    private readonly TempFolder _folder = new();
    private readonly FolderBlobStore _store;
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly LocalRuns _runs = new();

    public LeaseKeeperTests() => _store = new FolderBlobStore(_folder.Root);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task LeaseKeeper_a_run_has_one_lease_however_long_it_goes_on_and_none_when_it_is_gone()
    {
        const int Rounds = 12;
        using var keeper = new LeaseKeeper(
            _store, new SilosView(), new LeaseScope("c", Except: "own"), _runs, new LeaseOptions(), _time, NullLogger<LeaseKeeper>.Instance);
        _runs.Add("run");
        _runs.Add("own");
        await keeper.StartAsync(Token);
        await Until.True(async () => await ReadAsync("run") is not null);
        for (var round = 0; round < Rounds; round++)
        {
            // The lease of a new run shows that it has looked again.
            var other = $"other-{round}";
            _runs.Add(other);
            _time.Advance(s_period);
            await Until.True(async () => await ReadAsync(other) is not null);
        }

        // Whoever has this one keeps its lease.
        Assert.Null(await ReadAsync("own"));

        // One beat in two seconds, after the one that took it.
        Assert.InRange((await ReadAsync("run"))!.Value.Beat, 1, 1 + (Rounds / 2));
        _runs.Remove("run");
        _time.Advance(s_period);
        await Until.True(async () => (await ReadAsync("run"))!.Value.Released);
        await keeper.StopAsync(Token);
        Assert.True((await ReadAsync("other-0"))!.Value.Released);
    }

    private async Task<(long Beat, bool Released)?> ReadAsync(string run)
    {
        if (await _store.GetDocumentAsync($"runs/{run}/lease.json", Token) is not { } found) return null;
        using var document = JsonDocument.Parse(found.Content);
        return (document.RootElement.GetProperty("Beat").GetInt64(), document.RootElement.GetProperty("Released").GetBoolean());
    }

    private sealed class SilosView : IClusterView
    {
        public string? ClusterId => "c";

        public IReadOnlyList<TrainingSilo> TrainingSilos() => [];

        public IReadOnlyList<SiloMember> Members() => [];
    }
}
