using System.Globalization;
using LisaOrleans.Cluster;

namespace LisaOrleans.Bench;

/// <summary>
/// Two silos of one thread each against one silo of one thread, as a ratio to the ideal of a pipeline of two stages with m
/// micro-batches, 2m / (m + 1). The layers that train are those with which the two stages (four layers each, and the head in
/// the second) are the same work. Of the steps of each the fastest is compared, and beside it the median: other tenants of a
/// machine take memory bandwidth from two busy cores more than from one, and not at the same times.
/// </summary>
internal static class PipelineBenchmark
{
    private const int Steps = 14;
    private const int Warm = 4;

    public static async Task Run(int rounds)
    {
        using var model = await BenchModel.CreateAsync();
        foreach (var microBatches in new[] { 4, 8 })
        {
            var (one, two) = (new List<double>(), new List<double>());
            for (var round = 0; round < rounds; round++)
            {
                one.AddRange(await Measure(model, 1, microBatches));
                two.AddRange(await Measure(model, 2, microBatches));
            }

            var ideal = 2.0 * microBatches / (microBatches + 1);
            Print("fastest step", one.Min(), two.Min());
            Print("median step", Median(one), Median(two));

            void Print(string what, double single, double both) => Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{microBatches} micro-batches, {what}: one silo {single:0.00} s, two silos {both:0.00} s, faster by {single / both:0.00}; ideal {ideal:0.00}; ratio {single / both / ideal:0.00}"));
        }
    }

    private static double Median(List<double> numbers) => numbers.Order().ElementAt(numbers.Count / 2);

    // Seconds of each step but the first.
    private static async Task<IEnumerable<double>> Measure(BenchModel model, int silos, int microBatches)
    {
        var folder = Directory.CreateDirectory(Path.Combine(model.Root, Guid.NewGuid().ToString("N"))).FullName;
        await using var cluster = await TestCluster.StartAsync(folder, new ClusterSettings(silos, Azurite: false));
        var (code, output) = await TestCluster.LisaAsync(folder, [
            "submit", "--cluster-id", TestCluster.Id, "--redis", $"127.0.0.1:{cluster.Redis.Port}", "--store", cluster.Store, "--run-name", "bench",
            "--model", model.Folder, "--data", model.Data, "--max-steps", $"{Steps}", "--block-size", "128", "--per-device-train-batch-size", "2",
            "--gradient-accumulation-steps", $"{microBatches}", "--lisa-strategy", "fixed", "--lisa-fixed-layers", "2,3", "--save-steps", "0", "--threads", "1"]);
        if (code != 0) throw new InvalidOperationException(output);
        using var time = new CancellationTokenSource(TimeSpan.FromMinutes(10));
        var seconds = new List<double>();
        await foreach (var happened in cluster.Client.WatchAsync("bench", cancellationToken: time.Token))
        {
            if (happened is StepCompleted step) seconds.Add(step.Record.Seconds);
            if (happened is RunEnded { State: not RunState.Succeeded } ended) throw new InvalidOperationException($"{ended.State}: {ended.Error}");
        }

        return seconds.Skip(Warm);
    }
}
