using System.Diagnostics;
using System.Globalization;
using LisaOrleans.Model;

namespace LisaOrleans.Bench;

/// <summary>
/// LLaMA-2-7B's shape with random weights in bfloat16: two steps of LISA with 2 layers, without embedding and head, over mapped
/// weights. Needs 28 GB of disk, for the model and for its blobs, and deletes both.
/// </summary>
internal static class LargeModelBenchmark
{
    private const long Disk = 28_000_000_000;
    private const double Goal = 8.0 * (1L << 30);

    /// <param name="folder">Where the model and the store are made.</param>
    public static async Task Run(string folder)
    {
        if (new DriveInfo(folder).AvailableFreeSpace is var free && free < Disk)
            throw new InvalidOperationException($"{folder} has {free / 1e9:0} GB free; {Disk / 1e9:0} GB are needed");
        var root = Directory.CreateDirectory(Path.Combine(folder, "lisa-bench-large")).FullName;
        try
        {
            var watch = Stopwatch.StartNew();
            var (model, data) = (Path.Combine(root, "model"), Path.Combine(root, "data.jsonl"));
            await GpuModel.WriteAsync(model, GpuModel.Llama7B);
            await GpuModel.WriteDataAsync(data, 1000);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"made in {watch.Elapsed.TotalSeconds:0} s"));
            var spec = new TrainingSpec
            {
                RunName = "large",
                FrozenWeights = "mapped",
                TrainEmbeddings = false,
                MaxSteps = 2,
                SaveSteps = 0,
                PerDeviceTrainBatchSize = 1,
                BlockSize = 64,
                Dtype = "bfloat16",
                Threads = Environment.ProcessorCount,
            };
            var (bytes, seconds) = await MeasuredRun.InChildAsync(root, model, data, spec);
            var planned = MeasuredRun.Plan(spec, ModelConfigReader.ReadFile(Path.Combine(model, "config.json"))).Total;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"1 x {spec.BlockSize} tokens a step: {seconds:0.0} s, {bytes / (1L << 30):0.00} GiB outside mapped pages, "
                    + $"{planned / (double)(1L << 30):0.00} planned; "
                + $"the goal of {Goal / (1L << 30):0} GiB is {(bytes <= Goal ? "met" : "MISSED")}"));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }
}
