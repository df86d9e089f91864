using System.Text.Json;
using LisaOrleans.Grains.Tests;

namespace LisaOrleans.Cluster.Tests;

/// <summary>Parts that move at a step boundary go from silo to silo; only what a dead silo held is read from the store.</summary>
public sealed class HandOverTests
{
    private const string Run = "moving";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    // Moments of bytes, so that tensors of every dtype travel.
    private static readonly RunRequest s_request = UndisturbedRun.Request(Run, optim: "adamw-8bit");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Move_parts_goes_directly_and_only_the_dead_are_replaced_from_the_store()
    {
        Assert.SkipWhen(Executables.Redis is null, "redis-server is not on PATH");
        using var folder = new TempFolder();

        // Silos are not to be taken for dead on a busy machine: then parts would rightly come from the store. The one that does die is
        // known by its port.
        await using var cluster = await TestCluster.StartAsync(
            folder.Root, new ClusterSettings(Silos: 2, Azurite: false, Options: ["--probe-timeout-seconds", "600"]));
        await cluster.Client.SubmitAsync(s_request, null, Token);
        var status = await Training(cluster, s => s.Stages.Count == 2);
        var parts = status.LayerCount + 2;
        Assert.Equal((0, parts), (status.Loads.HandedOverParts, status.Loads.StoreParts));
        Assert.True(status.Loads.StoreBytes > 0);

        var (first, second, third) = (cluster.Silos[0], cluster.Silos[1], cluster.Add());
        await Join(third);
        await Leave(first);
        await Leave(second);

        // Everything is on one silo now, even the run's grain: it can only have come from other silos, and can only go to them.
        Assert.Equal(parts, Assert.Single(status.Stages).Parts.Count);
        await Join(first);
        await Leave(third);
        Assert.InRange(status.Loads.HandedOverParts, 1, parts);
        Assert.Equal((0, 0L), (status.Loads.StoreParts, status.Loads.StoreBytes));
        var (code, json) = await TestCluster.LisaAsync(folder.Root, ["status", Run, .. cluster.Names, "--log-format", "json"]);
        Assert.True(code == 0, json);
        using (var told = JsonDocument.Parse(json))
        {
            Assert.StartsWith("LISA: ", told.RootElement.GetProperty("method").GetString(), StringComparison.Ordinal);
            Assert.Equal(status.Loads.HandedOverParts, told.RootElement.GetProperty("handed_over_parts").GetInt32());
            Assert.Equal(status.Loads.HandedOverBytes, told.RootElement.GetProperty("handed_over_bytes").GetInt64());
            Assert.Equal(0, told.RootElement.GetProperty("store_parts").GetInt32());
            Assert.All(
                told.RootElement.GetProperty("silos").EnumerateArray(),
                s => Assert.Matches(@"^\d+\.\d+", s.GetProperty("version").GetString()!));
        }

        // The run's grain is on the first silo: what the second held dies with it.
        await Join(second);
        var lost = status.Stages.Single(s => s.Silo.StartsWith(second.Address, StringComparison.Ordinal)).Parts;
        await second.KillAsync();
        var before = status;
        status = await Training(cluster, s => s.Stages.Count == 1 && s.Generation > before.Generation);
        Assert.True(status.Loads.StoreParts >= lost.Count, $"{status.Loads}");
        Assert.Contains("its port refuses another one", cluster.Logs(1000), StringComparison.Ordinal);

        var records = await TwoRuns.PauseAsync(cluster, Run, folder["moved"]);
        using var undisturbed = await TestRun.ImportAsync(s_request);
        Assert.Equal(RunState.Paused, (await undisturbed.ContinueAsync(pauseAt: records.Count)).State);
        await TwoRuns.AssertEqualAsync(undisturbed, records, folder["moved"]);

        async Task Join(SiloProcess silo)
        {
            var (stages, loads) = (status.Stages.Count, status.Loads);
            silo.Start();
            await silo.ReadyAsync(s_patience);
            status = await Training(cluster, s => s.Stages.Count == stages + 1);
            Assert.True(loads.StoreParts == status.Loads.StoreParts, $"{status}");
            Assert.True(
                status.Loads.HandedOverParts > loads.HandedOverParts && status.Loads.HandedOverBytes > loads.HandedOverBytes, $"{status.Loads}");
        }

        async Task Leave(SiloProcess silo)
        {
            var (stages, loads, generation) = (status.Stages.Count, status.Loads, status.Generation);
            Assert.Equal(0, await silo.LeaveAsync(s_patience));
            status = await Training(cluster, s => s.Stages.Count == stages - 1);

            // Whether the run's grain was there or not: nobody woke it on the silo that it had just left. On a busy machine work may also
            // have been shared out anew once.
            Assert.InRange(status.Generation - generation, 1, 3);

            // Where the run's grain moves too, it counts anew, and may come to the same numbers.
            if (status.Loads.StoreParts != 0) Assert.Equal(loads.StoreParts, status.Loads.StoreParts);
            Assert.True(status.Loads.HandedOverParts > 0 && (status.Loads, status.Generation) != (loads, generation), $"{status.Loads}");
        }
    }

    // The oldest silo, to which grains went, has not the role.
    [Fact]
    public async Task Leave_control_silo_gives_its_run_to_another_control_silo()
    {
        Assert.SkipWhen(Executables.Redis is null, "redis-server is not on PATH");
        using var folder = new TempFolder();
        await using var cluster = await TestCluster.StartAsync(folder.Root, new ClusterSettings(Silos: 1, Azurite: false)
        {
            OptionsOf = number => ["--roles", number == 0 ? "gpu" : "control"],
        });
        SiloProcess[] control = [cluster.Add(), cluster.Add()];
        foreach (var silo in control) silo.Start();
        foreach (var silo in control) await silo.ReadyAsync(s_patience);
        await cluster.Client.SubmitAsync(s_request, null, Token);
        await Training(cluster, s => s.Stages.Count == 1);
        Assert.True(Assert.Single(await cluster.Client.GetSilosAsync(Token)).MemoryBytes > 0);
        var owner = await cluster.SiloOfRunAsync(Run);
        Assert.Contains(owner, control);
        Assert.Equal(0, await owner.LeaveAsync(s_patience));
        await Training(cluster, s => s.Stages.Count == 1);
        Assert.Equal(control.Single(s => s != owner).Address, await cluster.OwnerAsync(Run));
    }

    // The status once the run trains, placed that way, and has made one more step since it was first seen so.
    private static async Task<RunStatus> Training(TestCluster cluster, Func<RunStatus, bool> placed)
    {
        RunStatus? seen = null;
        using var time = new CancellationTokenSource(s_patience);
        while (true)
        {
            try
            {
                var status = await cluster.Run(Run).GetStatus().WaitAsync(TimeSpan.FromSeconds(10), time.Token);
                Assert.False(status.State is RunState.Failed or RunState.Succeeded, $"{status.State}: {status.Error}");
                if (status.State == RunState.Running && placed(status))
                {
                    seen ??= status;
                    if (status.Step > seen.Step) return status;
                }
                else
                {
                    seen = null;
                }
            }
            catch (Exception e) when (e is OrleansException or TimeoutException)
            {
                // The silo that was asked has just left.
            }

            await Task.Delay(50, time.Token);
        }
    }
}
