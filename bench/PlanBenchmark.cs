using System.Globalization;
using LisaOrleans.Model;

namespace LisaOrleans.Bench;

/// <summary>
/// What <c>lisa plan</c> predicts beside the most memory that the run then has without mapped pages, its import included: ten
/// settings of different families, number formats, methods, forms, lengths and optimizers, and five more, each in a process of its own.
/// </summary>
internal static class PlanBenchmark
{
    private const double Goal = 0.1;

    /// <summary>Prints a line for each setting; 0 where all are within the goal.</summary>
    /// <param name="rounds">How often each is measured; the most counts.</param>
    /// <param name="threads">Intra-op threads.</param>
    /// <param name="only">What the names of the settings to measure contain; null for all of them.</param>
    public static async Task<int> Run(int rounds, int threads, string? only)
    {
        var root = Directory.CreateTempSubdirectory("lisa-bench-").FullName;
        var missed = 0;
        try
        {
            Console.WriteLine("| setting | planned | measured | planned / measured |");
            Console.WriteLine("|---|---|---|---|");
            foreach (var (name, config, spec) in Settings(threads).Where(s => only is null || s.Name.Contains(only, StringComparison.Ordinal)))
            {
                var (model, data) = (Path.Combine(root, "model"), Path.Combine(root, "data.jsonl"));
                await GpuModel.WriteAsync(model, config);
                await GpuModel.WriteDataAsync(data, 8 * spec.BlockSize);
                var bytes = 0.0;
                for (var round = 0; round < rounds; round++)
                {
                    var run = spec with { RunName = $"run-{round}" };
                    bytes = Math.Max(bytes, (await MeasuredRun.InChildAsync(root, model, data, run)).Bytes);
                }

                var plan = MeasuredRun.Plan(spec, ModelConfigReader.ReadFile(Path.Combine(model, "config.json")));
                double least = plan.Total;

                // A manifest takes between nothing and a copy of all that changes, by how far its upload is when the next step ends.
                var most = least + (spec.SaveSteps > 0 ? plan.Copies : 0);
                var nearest = Math.Clamp(bytes, least, most);
                if (Math.Abs((nearest / bytes) - 1) > Goal) missed++;
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {name} | {least / 1e6:0} MB{(most > least ? $" to {most / 1e6:0} MB" : "")} | {bytes / 1e6:0} MB | {nearest / bytes:0.00} |"));
                foreach (var folder in (string[])[model, Path.Combine(root, "store")]) Directory.Delete(folder, recursive: true);
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{missed} are further off than {Goal}"));
            return missed == 0 ? 0 : 1;
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static IEnumerable<(string Name, string Config, TrainingSpec Spec)> Settings(int threads)
    {
        var spec = new TrainingSpec
        {
            RunName = "run",
            MaxSteps = 5,
            SaveSteps = 0,
            PerDeviceTrainBatchSize = 4,
            BlockSize = 128,
            Dtype = "bfloat16",
            Threads = threads,
        };
        var lisa = spec with { LisaIntervalSteps = 2 };
        var (llama, large) = (BenchConfigs.Llama(768, 2048, 12, 16000), BenchConfigs.Llama(1024, 2816, 16, 32000));
        return
        [
            ("llama 110 M, bfloat16, lisa, 4 x 128", llama, lisa),
            ("llama 110 M, float32, full, 2 x 64, manifests", llama,
                spec with { Method = TrainingMethods.Full, Dtype = "float32", BlockSize = 64, PerDeviceTrainBatchSize = 2, SaveSteps = 2 }),
            ("llama 270 M, bfloat16, lora 16 of all maps, 2 x 256", large,
                spec with
                {
                    Method = TrainingMethods.Lora,
                    LoraR = 16,
                    LoraTargetModules = [LoraOptions.AllLinear],
                    BlockSize = 256,
                    PerDeviceTrainBatchSize = 2,
                }),
            ("llama 270 M, bfloat16, qlora, recomputed, 4 x 256", large,
                spec with { Method = TrainingMethods.Qlora, BlockSize = 256, GradientCheckpointing = true }),
            ("qwen2 tied, bfloat16, lisa, adamw-8bit, 2 micro-batches", BenchConfigs.Qwen2,
                lisa with { Optim = "adamw-8bit", GradientAccumulationSteps = 2 }),
            ("gpt2 124 M, float32, lisa without ends, 2 x 512", BenchConfigs.Gpt2,
                lisa with { Dtype = "float32", TrainEmbeddings = false, BlockSize = 512, PerDeviceTrainBatchSize = 2 }),

            // Its first layer needs what all others keep, so that each layer has its turn.
            ("gemma2, bfloat16, badam, 4 x 256", BenchConfigs.Gemma2,
                spec with { Method = TrainingMethods.Badam, BadamSwitchInterval = 1, MaxSteps = 10, BlockSize = 256 }),
            ("mixtral, bfloat16, lisa over int8", BenchConfigs.Mixtral, lisa with { FrozenWeights = "int8" }),
            ("olmo2, bfloat16, galore, recomputed, 1 x 1024", BenchConfigs.Olmo2,
                spec with { Method = TrainingMethods.Galore, GradientCheckpointing = true, BlockSize = 1024, PerDeviceTrainBatchSize = 1 }),
            ("llama 270 M, bfloat16 with its state, lisa over mapped, packed 1 x 1024", large,
                lisa with
                {
                    FrozenWeights = "mapped",
                    OptimizerStateDtype = "bfloat16",
                    Packing = true,
                    BlockSize = 1024,
                    PerDeviceTrainBatchSize = 1,
                }),

            // Added after the plan was last changed.
            ("qwen3 with 100,000 tokens, bfloat16, lisa over nf4, muon, 1 x 512", BenchConfigs.Qwen3,
                lisa with { FrozenWeights = "nf4", Optim = "muon", BlockSize = 512, PerDeviceTrainBatchSize = 1 }),
            ("mistral, float32, dora 32, adamw-8bit, 8 x 64", BenchConfigs.Mistral,
                spec with
                {
                    Method = TrainingMethods.Lora,
                    LoraR = 32,
                    UseDora = true,
                    Dtype = "float32",
                    ComputeDtype = "float32",
                    Optim = "adamw-8bit",
                    BlockSize = 64,
                    PerDeviceTrainBatchSize = 8,
                }),
            ("llama 270 M, bfloat16, dora 16 of all maps, recomputed, 1 x 64", large,
                spec with
                {
                    Method = TrainingMethods.Lora,
                    LoraR = 16,
                    UseDora = true,
                    LoraTargetModules = [LoraOptions.AllLinear],
                    GradientCheckpointing = true,
                    BlockSize = 64,
                    PerDeviceTrainBatchSize = 1,
                }),
            ("llama 110 M, bfloat16, lora 8 of all maps with dropout, 4 x 256", llama,
                spec with
                {
                    Method = TrainingMethods.Lora,
                    LoraDropout = 0.1,
                    LoraTargetModules = [LoraOptions.AllLinear],
                    BlockSize = 256,
                }),
            ("gemma, bfloat16, lisa over int8, 4 micro-batches of 2 x 128", BenchConfigs.Gemma,
                lisa with { FrozenWeights = "int8", GradientAccumulationSteps = 4, PerDeviceTrainBatchSize = 2 }),
        ];
    }
}
