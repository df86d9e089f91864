using System.Globalization;

namespace LisaOrleans.Bench;

/// <summary>
/// Peak resident memory of a run: after 2 periods and after many, and of full fine-tuning. Each in a process of its own,
/// because a peak belongs to a process.
/// </summary>
internal static class MemoryBenchmark
{
    private const int Period = 2;
    private const double Goal = 1.03;

    /// <summary>Prints the peaks; 0 where that of LISA's last period is within the goal of that of its second.</summary>
    /// <param name="periods">LISA's periods.</param>
    /// <param name="threads">Intra-op threads.</param>
    public static async Task<int> Run(int periods, int threads)
    {
        using var model = await BenchModel.CreateAsync();
        Console.WriteLine("29.6 M parameters, float32, 4 x 128 tokens a step; peak resident memory of the process");
        var lisa = await Child(model, TrainingMethods.Lisa, periods, threads);
        var full = await Child(model, TrainingMethods.Full, 2, threads);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"LISA, 2 of 8 layers: {Mega(lisa.Early)} MB after 2 periods, {Mega(lisa.Late)} MB after {periods}; "
            + $"ratio of the process's peaks {(double)lisa.Late / lisa.Early:0.000} (the goal is {Goal})"));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"full: {Mega(full.Late)} MB; LISA / full {(double)lisa.Late / full.Late:0.000}"));
        return lisa.Late <= Goal * lisa.Early ? 0 : 1;
    }

    /// <summary>The measured process: prints the peak after two periods and at the end.</summary>
    public static async Task Measure(string root, string method, int periods, int threads)
    {
        long early = 0, late = 0;
        var spec = new TrainingSpec
        {
            RunName = "memory-" + method,
            Method = method,
            MaxSteps = periods * Period,
            PerDeviceTrainBatchSize = 4,
            BlockSize = 128,
            Dtype = "float32",
            SaveSteps = 0,
            Threads = threads,
        };
        if (method == TrainingMethods.Lisa) spec = spec with { LisaIntervalSteps = Period };
        await GrainTrainer.Run(root, Path.Combine(root, "model"), Path.Combine(root, "data.jsonl"), spec, record =>
        {
            if (record.Step == 2 * Period) early = PeakMemory.Of(Environment.ProcessId);
            if (record.Step == spec.MaxSteps) late = PeakMemory.Of(Environment.ProcessId);
        });
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{early} {late}"));
    }

    private static Task<(long Early, long Late)> Child(BenchModel model, string method, int periods, int threads) =>
        MeasuredProcess.RunAsync<long>("measure-memory", model.Root, method, $"{periods}", $"{threads}");

    private static string Mega(long bytes) => (bytes / 1e6).ToString("0", CultureInfo.InvariantCulture);
}
