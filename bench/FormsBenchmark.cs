using System.Globalization;
using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using LisaOrleans.Training;

namespace LisaOrleans.Bench;

/// <summary>
/// Memory and speed of each form of frozen weights beside whole ones: LISA with 2 layers on layers of TinyLlama's shape in
/// bfloat16. Each in a process of its own, and the forms take turns, so that other work on the machine slows all of them.
/// </summary>
internal static class FormsBenchmark
{
    // The first step of a process is not measured; the second period begins with the third.
    private const int Steps = 5;

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(10);

    /// <param name="layers">Decoder layers; TinyLlama has 22.</param>
    /// <param name="tokens">Tokens of a step.</param>
    /// <param name="rounds">How often each form has its turn.</param>
    /// <param name="threads">Intra-op threads.</param>
    public static async Task Run(int layers, int tokens, int rounds, int threads)
    {
        var root = Directory.CreateTempSubdirectory("lisa-bench-").FullName;
        try
        {
            await GpuModel.WriteAsync(Path.Combine(root, "model"), GpuModel.TinyLlama with { Layers = layers });
            await GpuModel.WriteDataAsync(Path.Combine(root, "data.jsonl"), 8 * tokens);
            var measured = WeightForms.All.Names.ToDictionary(form => form, _ => new List<(double Bytes, double Seconds)>());
            for (var round = 0; round < rounds; round++)
                foreach (var (form, results) in measured) results.Add(await Child(root, form, round, tokens, threads));

            var config = ModelConfigReader.ReadFile(Path.Combine(root, "model", "config.json"));
            Console.WriteLine(
                $"{layers} layers of TinyLlama's shape, bfloat16, LISA with 2 layers, 1 x {tokens} tokens a step, {threads} threads; "
                + $"medians of {rounds} rounds");
            Console.WriteLine("| form | memory | of whole | planned | s a step | speed of whole |");
            Console.WriteLine("|---|---|---|---|---|---|");
            var whole = measured.First().Value;
            foreach (var (form, results) in measured)
            {
                var planned = RunCapacity.Estimate(Spec(form, 0, tokens, threads), config).Total;
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {form} | {results.Select(r => r.Bytes).Median() / 1e6:0} MB | "
                        + $"{results.Zip(whole, (r, w) => r.Bytes / w.Bytes).Median():0.00} "
                    + $"| {planned / 1e6:0} MB | {results.Select(r => r.Seconds).Median():0.00} "
                    + $"| {results.Zip(whole, (r, w) => w.Seconds / r.Seconds).Median():0.00} |"));
            }
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    /// <summary>The measured process: prints the most memory without mapped pages while it trained, and a step's median seconds.</summary>
    public static async Task Measure(string root, string form, int round, int tokens, int threads)
    {
        var seconds = new List<double>();
        using var trained = new CancellationTokenSource();
        var most = 0L;
        Task? looking = null;
        await GrainTrainer.Run(
            new FolderBlobStore(Path.Combine(root, "store")), Path.Combine(root, "model"), Path.Combine(root, "data.jsonl"),
            Spec(form, round, tokens, threads), record =>
            {
                // Before that, the model was imported.
                looking ??= Task.Run(() => Look(trained.Token));
                if (record.Step > 1) seconds.Add(record.Seconds);
            });
        await trained.CancelAsync();
        await (looking ?? throw new InvalidOperationException("no step was made"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{most} {seconds.Median()}"));

        void Look(CancellationToken end)
        {
            do most = Math.Max(most, PeakMemory.WithoutMappedPages());
            while (!end.WaitHandle.WaitOne(s_look));
        }
    }

    private static TrainingSpec Spec(string form, int round, int tokens, int threads) => new()
    {
        RunName = $"{form}-{round}",
        FrozenWeights = form,
        MaxSteps = Steps,
        LisaIntervalSteps = 2,
        PerDeviceTrainBatchSize = 1,
        BlockSize = tokens,
        Dtype = "bfloat16",
        OptimizerStateDtype = "bfloat16",
        SaveSteps = 0,
        Threads = threads,
    };

    private static Task<(double Bytes, double Seconds)> Child(string root, string form, int round, int tokens, int threads) =>
        MeasuredProcess.RunAsync<double>("measure-forms", root, form, $"{round}", $"{tokens}", $"{threads}");
}
