using LisaOrleans.Model;

namespace LisaOrleans.Cluster.Tests;

/// <summary>Replicas come and go with their silos, and the bits stay those of one silo.</summary>
public sealed class ReplicaChangesTests(UndisturbedRun undisturbed)
{
    private const string Run = "replicas";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task Run_on_two_replicas_whose_silos_die_leave_and_join_has_the_bits_of_one_silo()
    {
        Assert.SkipWhen(Executables.Redis is null, "redis-server is not on PATH");
        using var folder = new TempFolder();
        await using var cluster = await TestCluster.StartAsync(folder.Root, new ClusterSettings(Silos: 4, Azurite: false));
        await cluster.Client.SubmitAsync(UndisturbedRun.Request(Run, replicas: "2"), null, TestContext.Current.CancellationToken);

        // Two pipelines of two stages.
        var status = await Placed(null, 2, 2);
        var own = await cluster.SiloOfRunAsync(Run);

        // A silo of the second replica dies: three are left for two replicas.
        await Silo(Stages(1).First(s => !Is(own, s))).KillAsync();
        status = await Placed(status, 2, 1);

        // One leaves, and each replica is a single silo.
        Assert.Equal(0, await Silo(status.Stages.First(s => !Is(own, s))).LeaveAsync(s_patience));
        status = await Placed(status, 1, 1);

        // In float32, a sum of each gradient goes to its owner, and the new weight back; two moments are kept once. Of a tied matrix's two
        // gradients, that of the tokens is sent as their rows. Where one replica was measured to be much faster, it has three of the four lanes, of
        // which two sums go to owners in the other.
        var config = TinyStories.Config;
        var trained = Count(config.EmbeddingSpecs()) + Count(config.HeadSpecs()) + (2 * Count(config.LayerSpecs(0)));
        var traffic = Assert.IsType<ReplicaTraffic>(status.Traffic);
        var more = status.ReplicaLanes.Distinct().Count() > 1 ? trained : 0;
        Assert.InRange(traffic.Bytes - (sizeof(float) * 2 * trained), 1, (sizeof(float) * (config.EmbeddingSpecs()[0].Count + more)) - 1);
        Assert.InRange(traffic.HiddenShare, 0, 1);
        await Until.True(async () => (await cluster.Run(Run).GetMemory()).Values.Sum(m => m.Optimizer) == 2 * sizeof(float) * trained)
            .WaitAsync(s_patience, TestContext.Current.CancellationToken);

        // Another joins, and then the silo dies that led the run and owned the first replica's parts, or the second's.
        var fifth = cluster.Add();
        fifth.Start();
        await fifth.ReadyAsync(s_patience);
        status = await Placed(status, 2, 1);
        var known = status.Position;
        await (await cluster.SiloOfRunAsync(Run)).KillAsync();
        status = await Placed(status, 1, 1);

        // What the run has measured of its silos is not lost with its grain.
        var placed = (await cluster.Run(Run).GetEvents(known, 1000)).OfType<PartsPlaced>().ToArray();
        Assert.NotEmpty(placed);
        Assert.All(placed, p => Assert.NotEmpty(p.Speeds));

        await undisturbed.AssertEqualWhenPausedAsync(cluster, Run);

        IEnumerable<SiloStage> Stages(int replica) => status.Stages.Where(s => s.Replica == replica);

        SiloProcess Silo(SiloStage stage) => cluster.Silos.Single(s => Is(s, stage));

        static long Count(IEnumerable<ParameterSpec> parameters) => parameters.Sum(p => p.Count);

        static bool Is(SiloProcess silo, SiloStage stage) => stage.Silo.StartsWith(silo.Address + "@", StringComparison.Ordinal);

        // The status once the run has made some more steps with so many stages in its replicas.
        async Task<RunStatus> Placed(RunStatus? before, params int[] stages)
        {
            var placed = await RunProgress.UntilAsync(cluster, Run, s => s.Generation > (before?.Generation ?? 0) && Matches(s));
            return await RunProgress.UntilAsync(cluster, Run, s => s.Step > placed.Step + 2 && Matches(s));

            bool Matches(RunStatus s) =>
                s.Stages.GroupBy(t => t.Replica).OrderBy(g => g.Key).Select(g => g.Count()).SequenceEqual(stages);
        }
    }
}
