using System.Globalization;
using LisaOrleans.Model;
using LisaOrleans.Training;
using static TorchSharp.torch;

namespace LisaOrleans.Bench;

/// <summary>
/// A bfloat16 model that computes in float32 beside the same that computes in bfloat16: speed and memory, by turns. On a processor without
/// instructions for bfloat16, which oneDNN and MKL are told that this is, and on it as it is.
/// </summary>
internal static class ComputeBenchmark
{
    private const int Length = 256;

    private static readonly (string Name, (string, string)[] Environment)[] s_processors =
    [
        ("without bfloat16", [("ONEDNN_MAX_CPU_ISA", "AVX512_CORE"), ("MKL_ENABLE_INSTRUCTIONS", "AVX512")]),
        ("as it is", []),
    ];

    /// <param name="layers">Decoder layers; 24 of them make 337 M parameters.</param>
    /// <param name="batch">Rows of 256 tokens in a step.</param>
    /// <param name="rounds">How often each has its turn.</param>
    /// <param name="steps">Measured steps.</param>
    /// <param name="threads">Intra-op threads.</param>
    public static async Task Run(int layers, int batch, int rounds, int steps, int threads)
    {
        var root = Directory.CreateTempSubdirectory("lisa-bench-").FullName;
        try
        {
            var (model, data) = (Path.Combine(root, "model"), Path.Combine(root, "data.jsonl"));
            await GpuModel.WriteAsync(model, BenchConfigs.Llama(1024, 2816, layers, 32000));
            await GpuModel.WriteDataAsync(data, 8 * Length);
            Console.WriteLine($"{layers} layers 1024 wide, {batch} x {Length} tokens a step, {threads} threads; float32 beside bfloat16");
            Console.WriteLine("| processor | products | run | speed | memory | planned |");
            Console.WriteLine("|---|---|---|---|---|---|");
            foreach (var (processor, environment) in s_processors)
            {
                var (exact, rounded) = await MeasuredProcess.RunAsync<double>(environment, "measure-matrices");
                foreach (var (name, spec) in Runs(batch, steps, threads)) await Compare(processor, exact / rounded, environment, name, spec);
            }

            async Task Compare(string processor, double products, (string, string)[] environment, string name, TrainingSpec spec)
            {
                var (speeds, memories) = (new List<double>(), new List<double>());
                for (var round = 0; round < rounds; round++)
                {
                    var narrow = await Measure("bfloat16", round);
                    var wide = await Measure("float32", round);
                    speeds.Add(narrow.Seconds / wide.Seconds);
                    memories.Add(wide.Bytes / narrow.Bytes);
                }

                var config = ModelConfigReader.ReadFile(Path.Combine(model, "config.json"));
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {processor} | {products:0.00} | {name} | {speeds.Median():0.00} | {memories.Median():0.00} "
                        + $"| {Planned("float32") / Planned("bfloat16"):0.00} |"));

                double Planned(string compute) => RunCapacity.Estimate(spec with { ComputeDtype = compute }, config).Total;

                async Task<(double Bytes, double Seconds)> Measure(string compute, int round)
                {
                    var run = spec with { RunName = $"{spec.RunName}-{compute}-{environment.Length}-{round}", ComputeDtype = compute };
                    return await MeasuredRun.InChildAsync(root, model, data, run, environment);
                }
            }
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    /// <summary>The measured process: prints floating-point operations per second in float32 and in bfloat16.</summary>
    public static void MeasureMatrices()
    {
        var rates = MatrixRate.Measure(CPU, TimeSpan.FromSeconds(1), ScalarType.Float32, ScalarType.BFloat16);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rates[0]} {rates[1]}"));
    }

    private static IEnumerable<(string Name, TrainingSpec Spec)> Runs(int batch, int steps, int threads)
    {
        var lisa = new TrainingSpec
        {
            RunName = "lisa",
            LisaIntervalSteps = steps + 1,
            MaxSteps = steps + 1,
            SaveSteps = 0,
            PerDeviceTrainBatchSize = batch,
            BlockSize = Length,
            Dtype = "bfloat16",
            Threads = threads,
        };
        yield return ("LISA", lisa);
        yield return ("LISA, recomputed", lisa with { RunName = "recomputed", GradientCheckpointing = true });
        yield return ("full", lisa with
        {
            RunName = "full",
            Method = TrainingMethods.Full,
            LisaIntervalSteps = new TrainingSpec { RunName = "defaults" }.LisaIntervalSteps,
        });
    }
}
