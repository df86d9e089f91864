using LisaOrleans.Training;

namespace LisaOrleans.Cluster.Tests;

/// <summary>Silos of two kinds: one of them without the instructions that this machine's processor has.</summary>
public sealed class MixedKindsTests
{
    private const string Run = "mixed";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Silos_say_what_they_are_and_how_fast_and_a_run_of_both_says_that_it_is_of_neither()
    {
        Assert.SkipWhen(Executables.Redis is null, "redis-server is not on PATH");
        using var folder = new TempFolder();
        await using var cluster = await TestCluster.StartAsync(folder.Root, new ClusterSettings(Silos: 2, Azurite: false)
        {
            Environment = new Dictionary<string, string> { ["CUDA_VISIBLE_DEVICES"] = "" },
            EnvironmentOf = number => number == 0 ? new Dictionary<string, string>() : new() { ["ATEN_CPU_CAPABILITY"] = "default" },
        });
        var silos = await cluster.Client.GetSilosAsync(Token);
        Assert.All(silos, s => Assert.True(s.Rates is { Float32: > 1e9, BFloat16: > 1e6 }, $"{s}"));
        string[] kinds = [.. silos.Select(s => s.Kind!).Order(StringComparer.Ordinal)];
        Assert.Equal(2, kinds.Distinct().Count());
        Assert.Single(kinds.Select(k => k[..k.LastIndexOf(',')]).Distinct());

        string[] store = [.. cluster.Names, "--store", cluster.Store];
        var request = UndisturbedRun.Request(Run);
        await cluster.Client.SubmitAsync(request with { Spec = request.Spec with { MaxSteps = 6 } }, null, Token);
        var seen = new List<TrainingEvent>();
        await foreach (var happened in cluster.Client.WatchAsync(Run, null, Token)) seen.Add(happened);
        Assert.Equal(RunState.Succeeded, Assert.IsType<RunEnded>(seen[^1]).State);
        Assert.Equal(kinds, Assert.Single(seen.OfType<PartsPlaced>(), p => p.MixedKinds.Count > 0).MixedKinds);
        Assert.Equal(kinds, (await cluster.Client.GetAsync(Run, Token)).Kinds);
        Assert.Single(cluster.Warnings(), w => w.Contains(RunKinds.Describe(kinds), StringComparison.Ordinal));
        var (_, status) = await TestCluster.LisaAsync(folder.Root, ["status", Run, .. store]);
        Assert.Contains($"by several kinds, whose bits differ: {RunKinds.Describe(kinds)}", status, StringComparison.Ordinal);
    }
}
