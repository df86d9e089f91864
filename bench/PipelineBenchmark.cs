using System.Globalization;
using LisaOrleans.Cluster;

namespace LisaOrleans.Bench;

/// <summary>
/// Two silos of one thread each against one silo of one thread, as a ratio to the ideal of a pipeline of two stages with m
/// micro-batches, 2m / (m + 1). The layers that train are chosen so that the two stages (four layers each, and the head in the
/// second) do the same amount of work.
/// </summary>
/// <remarks>
/// All silos stay up, so that their code is compiled when they are measured, and train in turns of a few steps: whatever else
/// uses the machine then affects all of them. Two cores seldom do twice the work of one: two silos that train at the same time,
/// each its own run, show how much this machine's two cores do, and the second ratio is to the ideal with that number in place of
/// 2.
/// </remarks>
internal static class PipelineBenchmark
{
    private const int WarmUpSteps = 30;
    private const int Steps = 8;

    // In its first steps, a run touches its memory for the first time.
    private const int FirstSteps = 2;

    public static async Task Run(int rounds)
    {
        using var model = await BenchModel.CreateAsync();
        await using var one = await Start(model, "one", new ClusterSettings(1, Azurite: false));
        await using var other = await Start(model, "other", new ClusterSettings(1, Azurite: false));
        await using var two = await Start(model, "two", new ClusterSettings(2, Azurite: false));
        Console.WriteLine($"warming up: {WarmUpSteps} steps of each");
        await Task.WhenAll(Measure(one, model, "warm-up", 4, WarmUpSteps), Measure(other, model, "warm-up", 4, WarmUpSteps));
        await Measure(two, model, "warm-up", 4, WarmUpSteps);
        foreach (var microBatches in new[] { 4, 8 })
        {
            var (toIdeal, toMachine) = (new List<double>(), new List<double>());
            for (var round = 1; round <= rounds; round++)
            {
                var alone = await Measure(one, model, $"m{microBatches}-{round}", microBatches, Steps);
                var beside = await Task.WhenAll(
                    Measure(one, model, $"m{microBatches}-{round}-beside", microBatches, Steps),
                    Measure(other, model, $"m{microBatches}-{round}", microBatches, Steps));
                var pipeline = await Measure(two, model, $"m{microBatches}-{round}", microBatches, Steps);
                var (faster, apart) = (alone / pipeline, beside.Sum(seconds => alone / seconds));
                var ideal = (double)microBatches / (microBatches + 1);
                toIdeal.Add(faster / (2 * ideal));
                toMachine.Add(faster / (apart * ideal));
                Print(string.Create(
                    CultureInfo.InvariantCulture,
                    $"round {round}: one silo {alone:0.00} s a step, two {pipeline:0.00} s, faster by {faster:0.00}; "
                    + $"two that train apart do {apart:0.00} times the work of one; "
                    + $"ratio {toIdeal[^1]:0.00}, to this machine's ideal {toMachine[^1]:0.00}"));
            }

            Print(string.Create(
                CultureInfo.InvariantCulture,
                $"ratio to {2.0 * microBatches / (microBatches + 1):0.00}: "
                + $"{toIdeal.Median():0.00} (median; {toIdeal.Min():0.00} to {toIdeal.Max():0.00}); "
                + $"to this machine's ideal: {toMachine.Median():0.00} ({toMachine.Min():0.00} to {toMachine.Max():0.00})"));

            void Print(string line) => Console.WriteLine($"{microBatches} micro-batches, {line}");
        }
    }

    /// <summary>A cluster in a folder of its own.</summary>
    public static Task<TestCluster> Start(BenchModel model, string name, ClusterSettings settings) =>
        TestCluster.StartAsync(Directory.CreateDirectory(Path.Combine(model.Root, name)).FullName, settings);

    /// <summary>Seconds of the median step of a run.</summary>
    public static async Task<double> Measure(
        TestCluster cluster, BenchModel model, string run, int microBatches, int steps, string replicas = "1") =>
        (await StepSeconds(cluster, model, run, microBatches, steps, replicas)).Skip(FirstSteps).Median();

    /// <summary>Seconds of each step of a run.</summary>
    public static async Task<IReadOnlyList<double>> StepSeconds(
        TestCluster cluster, BenchModel model, string run, int microBatches, int steps, string replicas = "1")
    {
        var (code, output) = await TestCluster.LisaAsync(cluster.Folder, [
            "submit", "--cluster-id", TestCluster.Id, "--redis", $"127.0.0.1:{cluster.Redis.Port}", "--store", cluster.Store, "--run-name", run,
            "--model", model.Folder, "--data", model.Data, "--max-steps", $"{steps}", "--block-size", "128", "--per-device-train-batch-size", "2",
            "--gradient-accumulation-steps", $"{microBatches}", "--lisa-strategy", "fixed", "--lisa-fixed-layers", "2,3", "--save-steps", "0",
            "--threads", "1", "--replicas", replicas]);
        if (code != 0) throw new InvalidOperationException(output);
        using var time = new CancellationTokenSource(TimeSpan.FromMinutes(10));
        var seconds = new List<double>();
        await foreach (var happened in cluster.Client.WatchAsync(run, cancellationToken: time.Token))
        {
            if (happened is StepCompleted step) seconds.Add(step.Record.Seconds);
            if (happened is RunEnded { State: not RunState.Succeeded } ended) throw new InvalidOperationException($"{ended.State}: {ended.Error}");
        }

        return seconds;
    }
}
