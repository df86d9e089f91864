using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using LisaOrleans.Cluster;

namespace LisaOrleans.Bench;

/// <summary>
/// Trains stories260K on the answers of gsm8k by every method and sampler: each at the best learning rate of a grid, then with three
/// seeds, over the same data, steps and tokens. Writes docs/quality.md. One-threaded processes, as many at a time as there are cores;
/// what was measured lies in artifacts/quality, so that a bench that was stopped goes on. Needs the test assets.
/// </summary>
internal static class QualityBenchmark
{
    private const int TrainLines = 2000;
    private const int TestLines = 64;

    /// <param name="steps">Optimizer steps of a run.</param>
    /// <param name="processes">Processes at one time.</param>
    public static async Task Run(int steps, int processes)
    {
        var root = Directory.CreateDirectory(Path.Combine(Executables.Repository, "artifacts", "quality")).FullName;
        Prepare(root);
        var started = Stopwatch.GetTimestamp();

        // The processes of rates train with all rates one after the other: only the losses are looked at.
        await ForEachAsync(QualityMethods.Names, processes, method => ChildAsync("measure-quality-rates", root, method, $"{steps}"));
        var rates = QualityMethods.Names.ToDictionary(
            m => m, m => QualityMethods.Rates.MinBy(r => Read(root, QualityMethods.Spec(m, r, QualityMethods.TuningSeed, steps)).Loss));
        await ForEachAsync(
            from method in QualityMethods.Names from seed in QualityMethods.Seeds select (method, seed), processes,
            run => ChildAsync("measure-quality", root, run.method, Text(rates[run.method]), $"{run.seed}", $"{steps}"));

        var results = QualityMethods.Names.Select(m => new QualityResult(
            m, rates[m],
            QualityMethods.Rates.ToDictionary(r => r, r => Read(root, QualityMethods.Spec(m, r, QualityMethods.TuningSeed, steps)).Loss),
            [.. QualityMethods.Seeds.Select(s => Read(root, QualityMethods.Spec(m, rates[m], s, steps)))])).ToArray();
        QualityPage.Write(Path.Combine(Executables.Repository, "docs"), results, steps);
        Console.WriteLine($"docs/quality.md is written, after {Stopwatch.GetElapsedTime(started).TotalMinutes:0} minutes");
    }

    /// <summary>The process that tries the rates of a method.</summary>
    public static async Task MeasureRates(string root, string method, int steps)
    {
        foreach (var rate in QualityMethods.Rates) await Measure(root, method, rate, QualityMethods.TuningSeed, steps);
    }

    /// <summary>The process of one run.</summary>
    public static async Task Measure(string root, string method, double rate, ulong seed, int steps)
    {
        var spec = QualityMethods.Spec(method, rate, seed, steps);
        if (QualityRun.Read(PathOf(root, spec)) is not null) return;
        var run = await QualityRun.MeasureAsync(root, spec);
        run.Write(PathOf(root, spec));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{method}, {rate}, seed {seed}: {run.Loss:0.000}, {run.Seconds:0.0} s"));
    }

    private static void Prepare(string root)
    {
        var model = Path.Combine(ClusterRuns.Assets, "stories260K");
        if (!Directory.Exists(model)) throw new DirectoryNotFoundException($"{model}: LISA_TEST_ASSETS must name the folder of the test assets");
        Directory.CreateDirectory(Path.Combine(root, "model"));
        foreach (var file in Directory.GetFiles(model)) File.Copy(file, Path.Combine(root, "model", Path.GetFileName(file)), overwrite: true);
        Lines("train.jsonl", TrainLines);
        Lines("test.jsonl", TestLines);

        void Lines(string name, int count) =>
            File.WriteAllLines(Path.Combine(root, name), File.ReadLines(Path.Combine(ClusterRuns.Assets, "gsm8k", name)).Take(count));
    }

    private static Task ForEachAsync<T>(IEnumerable<T> items, int processes, Func<T, Task> work) => Parallel.ForEachAsync(
        items, new ParallelOptions { MaxDegreeOfParallelism = processes }, async (item, _) => await work(item));

    private static async Task ChildAsync(params string[] arguments)
    {
        using var process = Process.Start(Environment.ProcessPath!, arguments);
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{string.Join(' ', arguments)} ended with {process.ExitCode}");
    }

    private static QualityRun Read(string root, TrainingSpec spec) =>
        QualityRun.Read(PathOf(root, spec)) ?? throw new InvalidOperationException($"{PathOf(root, spec)} is missing");

    // By all settings, so that nothing is taken for what other settings gave.
    private static string PathOf(string root, TrainingSpec spec) =>
        Path.Combine(root, Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(spec)))[..16] + ".json");

    private static string Text(double number) => number.ToString("R", CultureInfo.InvariantCulture);
}
