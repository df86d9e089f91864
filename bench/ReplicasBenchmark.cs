using System.Globalization;
using LisaOrleans.Cluster;

namespace LisaOrleans.Bench;

/// <summary>
/// Two silos of one thread each, each with the whole model, against one silo of one thread, for steps of eight micro-batches; the same
/// with a link of 2 Gbit/s between them. The goals are 1.85 and 1.6 times.
/// </summary>
/// <remarks>
/// As in <see cref="PipelineBenchmark"/> all silos stay up and take turns, and two silos that train at the same time, each its own run,
/// show how much of two this machine's two cores do.
/// </remarks>
internal static class ReplicasBenchmark
{
    private const int MicroBatches = 8;
    private const int WarmUpSteps = 20;
    private const int Steps = 8;
    private const double BytesPerSecond = 2e9 / 8;

    public static async Task Run(int rounds)
    {
        using var model = await BenchModel.CreateAsync();
        await using var one = await PipelineBenchmark.Start(model, "one", new ClusterSettings(1, Azurite: false));
        await using var other = await PipelineBenchmark.Start(model, "other", new ClusterSettings(1, Azurite: false));
        await using var two = await PipelineBenchmark.Start(model, "two", new ClusterSettings(2, Azurite: false));
        var links = new[] { new ThrottledLink(BytesPerSecond), new ThrottledLink(BytesPerSecond) };
        await using var narrow = await PipelineBenchmark.Start(model, "narrow", new ClusterSettings(2, Azurite: false)
        {
            OptionsOf = silo => ["--tensor-port", $"{links[silo].Port}", "--listen-tensor-port", $"{links[silo].Target}"],
        });
        Console.WriteLine($"warming up: {WarmUpSteps} steps of each");
        await Task.WhenAll(Measure(one, "warm-up", WarmUpSteps), Measure(other, "warm-up", WarmUpSteps));
        await Measure(two, "warm-up", WarmUpSteps);
        await Measure(narrow, "warm-up", WarmUpSteps);
        var (toOne, toMachine, throttled) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = 1; round <= rounds; round++)
        {
            var alone = await Measure(one, $"{round}", Steps);
            var beside = await Task.WhenAll(Measure(one, $"{round}-beside", Steps), Measure(other, $"{round}", Steps));
            var shared = await Measure(two, $"{round}", Steps);
            var before = links.Sum(l => l.Bytes);
            var slow = await Measure(narrow, $"{round}", Steps);
            var apart = beside.Sum(seconds => alone / seconds);
            toOne.Add(alone / shared);
            toMachine.Add(alone / shared / apart);
            throttled.Add(alone / slow);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"round {round}: one silo {alone:0.00} s a step, two replicas {shared:0.00} s, faster by {toOne[^1]:0.00}; "
                + $"two that train apart do {apart:0.00} times the work of one; over 2 Gbit/s {slow:0.00} s, faster by {throttled[^1]:0.00}, "
                + $"{(links.Sum(l => l.Bytes) - before) / 1e6 / Steps:0.0} MB a step"));
        }

        Print("faster by", toOne);
        Print("of what the machine does", toMachine);
        Print("over 2 Gbit/s faster by", throttled);
        foreach (var link in links) await link.DisposeAsync();

        Task<double> Measure(TestCluster cluster, string run, int steps) =>
            PipelineBenchmark.Measure(cluster, model, run, MicroBatches, steps, replicas: "auto");

        static void Print(string what, List<double> ratios) => Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{what} {ratios.Median():0.00} (median; {ratios.Min():0.00} to {ratios.Max():0.00})"));
    }
}
