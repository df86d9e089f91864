using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training.Tests;

public sealed class SpotTraceTests
{
    [Theory]
    [InlineData("", "holds no events")]
    [InlineData("0,add,a\n5,drop,a\n", "line 2: '5,drop,a' must be milliseconds,add|remove,node")]
    [InlineData("-1,add,a\n", "line 1")]
    [InlineData("9999999999999999999,add,a\n", "line 1")]
    [InlineData("5,add,a\n4,add,b\n", "line 2: is earlier")]
    [InlineData("0,add,a\n1,add,a\n", "line 2: a is there already")]
    [InlineData("0,remove,a\n", "line 1: a is not there")]
    public void Read_wrong_line_is_refused_by_file_and_line(string text, string says)
    {
        using var folder = new TempFolder();
        var file = folder["trace.csv"];
        File.WriteAllText(file, text);
        var e = Assert.Throws<InvalidDataFileException>(() => SpotTrace.Read(file));
        Assert.StartsWith($"{file}: ", e.Message, StringComparison.Ordinal);
        Assert.Contains(says, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(5, 4)]
    public void Of_as_many_silos_as_the_cluster_has_come_and_go(int silos, int most)
    {
        (TimeSpan At, bool Added, string Node)[] trace =
        [
            (At(100), true, "a"), (At(100), true, "b"), (At(110), false, "a"), (At(120), false, "b"),
        ];
        var cluster = SimulatedRuns.Instant with { Machines = [new MachineKind(silos, OnGpu: false, 0, 1)] };
        var changes = TraceSchedule.Of(trace, cluster, seed: 3);
        Assert.Equal(0, changes[0].At);
        Assert.Equal(changes.OrderBy(c => c.At).Select(c => c.At), changes.Select(c => c.At));
        var live = new HashSet<string>();
        var largest = 0;
        foreach (var change in changes)
        {
            Assert.True(change.Kind == ClusterChangeKind.Join ? live.Add(change.Silo) : live.Remove(change.Silo));
            largest = Math.Max(largest, live.Count);
        }

        // Where a machine goes, the next one that lives has a silo.
        Assert.Empty(live);
        Assert.InRange(largest, Math.Min(silos, 2), Math.Min(silos, Math.Max(2, most)));
        if (silos == 1) Assert.Equal([0, 10, 10, 20], changes.Select(c => c.At));

        static TimeSpan At(int seconds) => TimeSpan.FromSeconds(seconds);
    }
}
