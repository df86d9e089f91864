using System.Diagnostics;
using System.Globalization;
using LisaOrleans.Checkpoints;
using LisaOrleans.Data;
using LisaOrleans.Model;
using LisaOrleans.Samples.Make;
using LisaOrleans.Silo;
using LisaOrleans.Training;
using static TorchSharp.torch;

namespace LisaOrleans.Bench;

/// <summary>
/// On a machine with a GPU: the same bits each time and after a kill, and LISA's time and memory against LoRA and full
/// fine-tuning by Hugging Face (needs python3 with transformers and peft) and against an ordinary loop over the same parts.
/// </summary>
internal static class GpuBenchmark
{
    private const int Period = 5;
    private const int Warm = 30;
    private const int Steps = 60;
    private const int Length = 1024;

    /// <summary>Time and memory; each measured program is a process of its own.</summary>
    /// <param name="python">A Python with transformers and peft; "-" to leave out what needs one.</param>
    public static async Task Run(string python)
    {
        var root = Directory.CreateTempSubdirectory("lisa-gpu-").FullName;
        try
        {
            using var memory = new GpuMemory();
            var rate = double.Parse((await Output("gpu-matmul")).Trim(), CultureInfo.InvariantCulture);
            Console.WriteLine(Text($"bfloat16 product of two 8192 x 8192 matrices: {rate:0} TFLOP/s"));

            await Compare("LLaMA-2-7B", GpuModel.Llama7B, hugging: python != "-");
            await Compare("TinyLlama-1.1B", GpuModel.TinyLlama, hugging: false);

            async Task Compare(string name, RandomModelShape shape, bool hugging)
            {
                var watch = Stopwatch.StartNew();
                var model = Path.Combine(root, name);
                await GpuModel.WriteAsync(model, shape);
                await GpuModel.WriteDataAsync(model + ".jsonl", 12 * Length);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name}, bfloat16, 1 x {Length} tokens a step, new layers every {Period} steps, steps {Warm + 1} to {Steps} "
                    + $"(made in {watch.Elapsed.TotalSeconds:0} s)"));
                Console.WriteLine("method                                          ms/step  tokens/s  of the matrix rate  peak GB");

                var spec = Spec(name + "-2");
                var grains = await Row("LISA E+H+2L, grains", ["gpu-train"], spec);
                var plain = await Row("LISA E+H+2L, plain loop over the parts", ["gpu-plain"], spec);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"  grains / plain loop: {plain.Seconds / grains.Seconds:0.000} of its speed; "
                    + $"loss of step {Steps}: {grains.Loss:R} and {plain.Loss:R}"));
                if (!hugging) return;

                var lora = await Row("LoRA rank 128, transformers + PEFT", [python, "lora", "plain"], spec);
                Console.WriteLine(Text($"  LISA / LoRA: {lora.Seconds / grains.Seconds:0.00} times as fast"));
                var full = await Row("full fine-tuning, transformers", [python, "full", "plain"], spec);
                Console.WriteLine(Text($"  LISA / full: {full.Seconds / grains.Seconds:0.00} times as fast"));
                var checkpointed = spec with { RunName = name + "-2-again", GradientCheckpointing = true };
                var again = await Row("LISA E+H+2L, gradient checkpointing", ["gpu-train"], checkpointed);
                var loraAgain = await Row("LoRA rank 128, gradient checkpointing", [python, "lora", "checkpointing"], spec);
                Console.WriteLine(Text($"  LISA / LoRA, both with gradient checkpointing: {loraAgain.Seconds / again.Seconds:0.00} times as fast"));
                await Row("LISA E+H, grains", ["gpu-train"], spec with { RunName = name + "-0", LisaActivatedLayers = 0 });
                await Row(
                    "LISA E+H, gradient checkpointing", ["gpu-train"], checkpointed with { RunName = name + "-0-again", LisaActivatedLayers = 0 });

                async Task<(double Seconds, double Loss)> Row(string title, string[] what, TrainingSpec run)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(500));
                    memory.Reset();
                    await Task.Delay(TimeSpan.FromMilliseconds(100));
                    var before = memory.Peak;
                    try
                    {
                        var job = await TrainingJob.WriteAsync(root, model, model + ".jsonl", run);
                        var steps = what is [var program, var method, var checkpointing]
                            ? await MeasuredSteps.Run(program, [Script, model, method, Number(Steps), Number(Length), checkpointing], Steps)
                            : await MeasuredSteps.Run(Environment.ProcessPath!, [what[0], job], Steps);
                        var seconds = (steps[^1].Time - steps[Warm - 1].Time) / (Steps - Warm);
                        var flops = Length * ((4.0 * Matrices(shape)) + (2.0 * Trained(shape, what, run)));
                        Console.WriteLine(string.Create(
                            CultureInfo.InvariantCulture,
                            $"{title,-46} {seconds * 1000,8:0.0} {Length / seconds,9:0} {flops / seconds / rate / 1e12,19:0.00} "
                            + $"{(memory.Peak - before) / 1e9,8:0.0}"));
                        return (seconds, steps[^1].Loss);
                    }
                    catch (Exception e) when (e is InvalidOperationException or OperationCanceledException)
                    {
                        Console.WriteLine($"{title}: {e.Message}");
                        return (double.NaN, double.NaN);
                    }
                }
            }
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    /// <summary>The measured process of a grain run.</summary>
    public static async Task Train(string file)
    {
        var job = await TrainingJob.ReadAsync(file);
        await GrainTrainer.Run(new FolderBlobStore(job.Store), job.Model, job.Data, job.Spec, r => MeasuredSteps.Print(r.Step, r.Loss, r.Time));
    }

    /// <summary>The measured process of the plain loop.</summary>
    public static async Task Plain(string file)
    {
        var job = await TrainingJob.ReadAsync(file);
        set_num_threads(job.Spec.Threads);
        var device = new Device(TrainingDevice.Name);
        Determinism.Require(device);
        var data = DatasetTokenizer.Tokenize(
            job.Data, TokenizerLoader.Load(job.Model), new DatasetSettings(), job.Spec.BlockSize, int.MaxValue, null, CancellationToken.None);
        using var trainer = new ReferenceTrainer(job.Model, data, job.Spec, device);
        for (var step = 1; step <= job.Spec.MaxSteps; step++)
        {
            var (loss, _) = trainer.Step(step);
            MeasuredSteps.Print(step, loss, DateTimeOffset.UtcNow);
        }
    }

    /// <summary>Prints the device's rate of bfloat16 matrix products in TFLOP/s.</summary>
    public static void MatrixRate()
    {
        const int Size = 8192, Count = 20;
        using var scope = NewDisposeScope();
        var (a, b) = (randn([Size, Size], ScalarType.BFloat16, CUDA), randn([Size, Size], ScalarType.BFloat16, CUDA));
        for (var i = 0; i < 3; i++) a.matmul(b).Dispose();
        cuda.synchronize();
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < Count; i++) a.matmul(b).Dispose();
        cuda.synchronize();
        Console.WriteLine((2.0 * Size * Size * Size * Count / watch.Elapsed.TotalSeconds / 1e12).ToString("0.0", CultureInfo.InvariantCulture));
    }

    /// <summary>A small model: GPU against CPU, twice on the GPU, and killed and resumed.</summary>
    public static async Task Bits()
    {
        var root = Directory.CreateTempSubdirectory("lisa-gpu-").FullName;
        try
        {
            await Bits(root);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static async Task Bits(string root)
    {
        const int Count = 40, Killed = 17;
        var model = Path.Combine(root, "small");
        await GpuModel.WriteAsync(model, BenchModel.Shape);
        await GpuModel.WriteDataAsync(model + ".jsonl", 2000);
        var cpu = await Steps("cpu", "bfloat16", Count, ("CUDA_VISIBLE_DEVICES", ""));
        var gpu = await Steps("gpu", "bfloat16", Count);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"29.6 M parameters, bfloat16, {Count} steps: loss {gpu[0]:0.0000} to {gpu[^1]:0.0000} on the GPU; "
            + $"furthest from the CPU's {Furthest(gpu, cpu):0.00000}"));
        var wide = (await Steps("cpu-32", "float32", Count, ("CUDA_VISIBLE_DEVICES", "")), await Steps("gpu-32", "float32", Count));
        Console.WriteLine(Text($"the same in float32: furthest from the CPU's {Furthest(wide.Item1, wide.Item2):0.000000}"));
        Console.WriteLine($"again on the GPU: {Same(gpu, await Steps("gpu-twice", "bfloat16", Count))}");
        await Steps("gpu-killed", "bfloat16", Killed);
        Console.WriteLine($"killed after step {Killed} and gone on with: {Same(gpu, await Steps("gpu-killed", "bfloat16", Count))}");

        async Task<double[]> Steps(string name, string dtype, int last, params (string, string)[] environment)
        {
            var spec = Spec(name) with { PerDeviceTrainBatchSize = 4, BlockSize = 128, MaxSteps = Count, Dtype = dtype, SaveSteps = 5 };
            var steps = await MeasuredSteps.Run(
                Environment.ProcessPath!, ["gpu-train", await TrainingJob.WriteAsync(root, model, model + ".jsonl", spec)], last, environment);
            return [.. steps.Select(s => s.Loss)];
        }

        static double Furthest(double[] a, double[] b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Max();

        static string Same(double[] a, double[] b) =>
            a.SequenceEqual(b) ? "every digit of every loss the same" : Text($"NOT the same, up to {Furthest(a, b)}");
    }

    private static TrainingSpec Spec(string run) => new()
    {
        RunName = run,
        LisaIntervalSteps = Period,
        MaxSteps = Steps,
        LearningRate = 1e-5,
        LrSchedulerType = "constant",
        PerDeviceTrainBatchSize = 1,
        BlockSize = Length,
        Dtype = "bfloat16",
        SaveSteps = 0,
        Threads = 4,
    };

    private static string Script => Path.Combine(AppContext.BaseDirectory, "Gpu", "hf_baseline.py");

    // Weights that take part in products: all but the embedding.
    private static double Matrices(RandomModelShape s) => (LayerNumbers(s) * s.Layers) + ((double)s.VocabularySize * s.HiddenSize);

    private static double LayerNumbers(RandomModelShape s) =>
        ((double)s.HiddenSize * s.HiddenSize * (2 + (2.0 * s.KeyValueHeads / s.Heads))) + (3.0 * s.HiddenSize * s.IntermediateSize);

    // Weights of matrices that a gradient is computed for.
    private static double Trained(RandomModelShape s, string[] what, TrainingSpec spec) => what switch
    {
        [_, "full", _] => Matrices(s),
        [_, "lora", _] => s.Layers * 128.0 * ((2.0 * s.HiddenSize * 4) + (3.0 * (s.HiddenSize + s.IntermediateSize))),
        _ => (LayerNumbers(s) * spec.LisaActivatedLayers) + ((double)s.VocabularySize * s.HiddenSize),
    };

    private static async Task<string> Output(string command)
    {
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [command]) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{command} ended with {process.ExitCode}");
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
