using System.Globalization;
using LisaOrleans.Cluster;

namespace LisaOrleans.Bench;

/// <summary>
/// Two silos of one thread each, of which one works in every other moment only, share steps of eight micro-batches: against what both do
/// apart, at the same time, each a run of its own. The goal is 0.85 of the sum.
/// </summary>
/// <remarks>Silos stay up, as in <see cref="PipelineBenchmark"/>.</remarks>
internal static class StragglersBenchmark
{
    private const int MicroBatches = 8;
    private const int WarmUpSteps = 6;
    private const int StepsApart = 5;

    // Some with equal shares, until the run has seen enough of them, and as many with others.
    private const int StepsShared = 24;
    private const int Compared = 8;
    private const int FirstSteps = 2;

    public static async Task Run(int rounds)
    {
        using var model = await BenchModel.CreateAsync();
        await using var one = await PipelineBenchmark.Start(model, "one", new ClusterSettings(1, Azurite: false));
        await using var other = await PipelineBenchmark.Start(model, "other", new ClusterSettings(1, Azurite: false));
        await using var two = await PipelineBenchmark.Start(model, "two", new ClusterSettings(2, Azurite: false));
        Console.WriteLine($"warming up: {WarmUpSteps} steps of each");
        await Task.WhenAll(Measure(one, "warm-up", WarmUpSteps), Measure(other, "warm-up", WarmUpSteps));
        await Measure(two, "warm-up", WarmUpSteps);
        var (equal, shared) = (new List<double>(), new List<double>());
        for (var round = 1; round <= rounds; round++)
        {
            double fast, slow;
            await using (new SlowedSilo(other.Silos[0]))
            {
                var apart = await Task.WhenAll(Measure(one, $"{round}", StepsApart), Measure(other, $"{round}", StepsApart));
                (fast, slow) = (apart[0].Skip(FirstSteps).Median(), apart[1].Skip(FirstSteps).Median());
            }

            IReadOnlyList<double> steps;
            await using (new SlowedSilo(two.Silos[1])) steps = await Measure(two, $"{round}", StepsShared);
            var status = await two.Run($"{round}").GetStatus();
            var (first, last) = (steps.Skip(FirstSteps).Take(Compared).Median(), steps.TakeLast(Compared).Median());
            var sum = (1 / fast) + (1 / slow);
            equal.Add(1 / first / sum);
            shared.Add(1 / last / sum);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"round {round}: apart {fast:0.00} and {slow:0.00} s a step; together {first:0.00} s in equal shares, {last:0.00} s after "
                + $"{status.Moves} moves: {equal[^1]:0.00} and {shared[^1]:0.00} of the sum of their speeds"));
        }

        Print("in equal shares", equal);
        Print("by their speeds", shared);

        Task<IReadOnlyList<double>> Measure(TestCluster cluster, string run, int steps) =>
            PipelineBenchmark.StepSeconds(cluster, model, run, MicroBatches, steps, replicas: "auto");

        static void Print(string what, List<double> ratios) => Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{what} {ratios.Median():0.00} of the sum (median; {ratios.Min():0.00} to {ratios.Max():0.00})"));
    }
}
