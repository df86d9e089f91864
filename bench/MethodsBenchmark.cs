using System.Globalization;
using LisaOrleans.Model;

namespace LisaOrleans.Bench;

/// <summary>
/// Tokens per second and memory of LISA with 2 layers, LoRA of rank 128, full fine-tuning and LISA and LoRA over NF4, on one model of
/// 337 M parameters. The methods take turns, each in a process of its own, which also prints what its device spent its time on.
/// </summary>
internal static class MethodsBenchmark
{
    private const int Batch = 4;
    private const int Length = 256;

    /// <param name="rounds">How often each method has its turn.</param>
    /// <param name="steps">Measured steps.</param>
    /// <param name="threads">Intra-op threads.</param>
    public static async Task Run(int rounds, int steps, int threads)
    {
        var root = Directory.CreateTempSubdirectory("lisa-bench-").FullName;
        try
        {
            var (model, data) = (Path.Combine(root, "model"), Path.Combine(root, "data.jsonl"));
            var json = BenchConfigs.Llama(1024, 2816, 24, 32000);
            await GpuModel.WriteAsync(model, json);
            await GpuModel.WriteDataAsync(data, 8 * Length);
            var spec = new TrainingSpec
            {
                RunName = "run",
                MaxSteps = steps + 1,
                SaveSteps = 0,
                PerDeviceTrainBatchSize = Batch,
                BlockSize = Length,
                Dtype = "bfloat16",
                Threads = threads,
            };
            var lora = spec with { Method = TrainingMethods.Lora, LoraR = 128, LoraTargetModules = [LoraOptions.AllLinear] };
            var lisa = spec with { LisaIntervalSteps = steps + 1 };
            (string Name, TrainingSpec Spec)[] methods =
            [
                ("LISA, 2 layers", lisa),
                ("LoRA, rank 128", lora),
                ("full", spec with { Method = TrainingMethods.Full }),
                ("LISA, 2 layers, over nf4", lisa with { FrozenWeights = "nf4" }),
                ("QLoRA, rank 128", lora with { Method = TrainingMethods.Qlora }),
            ];
            var measured = methods.Select(_ => new List<(double Bytes, double Seconds)>()).ToArray();
            for (var round = 0; round < rounds; round++)
            {
                for (var i = 0; i < methods.Length; i++)
                {
                    Console.WriteLine(methods[i].Name);
                    measured[i].Add(await MeasuredRun.InChildAsync(root, model, data, methods[i].Spec with { RunName = $"{i}-{round}" }));
                }
            }

            var parameters = ModelConfigReader.Parse(json, "config.json").AllSpecs().Sum(s => s.Count);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{parameters / 1e6:0} M parameters, bfloat16, {Batch} x {Length} tokens a step, {threads} threads; medians of {rounds} rounds"));
            Console.WriteLine("| method | tokens per second | LISA is faster by | memory | planned |");
            Console.WriteLine("|---|---|---|---|---|");
            for (var i = 0; i < methods.Length; i++)
            {
                var planned = MeasuredRun.Plan(methods[i].Spec, ModelConfigReader.Parse(json, "config.json")).Total;
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {methods[i].Name} | {Batch * Length / measured[i].Select(m => m.Seconds).Median():0} "
                        + $"| {measured[i].Zip(measured[0], (m, l) => m.Seconds / l.Seconds).Median():0.00} "
                        + $"| {measured[i].Max(m => m.Bytes) / 1e6:0} MB | {planned / 1e6:0} MB |"));
            }
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }
}
