using System.Globalization;
using LisaOrleans.Model;
using LisaOrleans.Training;

namespace LisaOrleans.Bench;

/// <summary>
/// Memory and speed of each form of frozen weights beside whole ones: LISA with 2 layers on layers of TinyLlama's shape in
/// bfloat16, without master weights, and with moments in bfloat16 or, in the last row, in 8 bits. Each in a process of its own, and the
/// forms take turns, so that other work on the machine slows all of them.
/// </summary>
internal static class FormsBenchmark
{
    // The first step of a process is not measured; the second period begins with the third.
    private const int Steps = 5;

    private static IEnumerable<(string Form, string Optim)> Rows =>
        [.. WeightForms.All.Names.Select(form => (form, "adamw")), ("nf4", "adamw-8bit")];

    /// <param name="layers">Decoder layers; TinyLlama has 22.</param>
    /// <param name="tokens">Tokens of a step.</param>
    /// <param name="rounds">How often each form has its turn.</param>
    /// <param name="threads">Intra-op threads.</param>
    public static async Task Run(int layers, int tokens, int rounds, int threads)
    {
        var root = Directory.CreateTempSubdirectory("lisa-bench-").FullName;
        try
        {
            var (model, data) = (Path.Combine(root, "model"), Path.Combine(root, "data.jsonl"));
            await GpuModel.WriteAsync(model, GpuModel.TinyLlama with { Layers = layers });
            await GpuModel.WriteDataAsync(data, 8 * tokens);
            var measured = Rows.ToDictionary(row => row, _ => new List<(double Bytes, double Seconds)>());
            for (var round = 0; round < rounds; round++)
                foreach (var (row, results) in measured)
                    results.Add(await MeasuredRun.InChildAsync(root, model, data, Spec(row, round, tokens, threads)));

            var config = ModelConfigReader.ReadFile(Path.Combine(model, "config.json"));
            Console.WriteLine(
                $"{layers} layers of TinyLlama's shape, bfloat16, LISA with 2 layers, 1 x {tokens} tokens a step, {threads} threads; "
                + $"medians of {rounds} rounds");
            Console.WriteLine("| form, optimizer | memory | of whole | planned | s a step | speed of whole |");
            Console.WriteLine("|---|---|---|---|---|---|");
            var whole = measured.First().Value;
            foreach (var (row, results) in measured)
            {
                var planned = MeasuredRun.Plan(Spec(row, 0, tokens, threads), config).Total;
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {row.Form}, {row.Optim} | {results.Select(r => r.Bytes).Median() / 1e6:0} MB | "
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

    private static TrainingSpec Spec((string Form, string Optim) row, int round, int tokens, int threads) => new()
    {
        RunName = $"{row.Form}-{row.Optim}-{round}",
        FrozenWeights = row.Form,
        Optim = row.Optim,
        MaxSteps = Steps,
        LisaIntervalSteps = 2,
        PerDeviceTrainBatchSize = 1,
        BlockSize = tokens,
        Dtype = "bfloat16",
        OptimizerStateDtype = "bfloat16",
        SaveSteps = 0,
        Threads = threads,
    };
}
