using System.Globalization;
using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using LisaOrleans.Samples.Make;
using LisaOrleans.Training;

namespace LisaOrleans.Bench;

/// <summary>
/// What a history with a manifest at every step takes up beside a folder for each step as Hugging Face's trainer writes it, and how
/// long training stands still for it: LISA with 2 layers, without and with the embeddings.
/// </summary>
internal static class HistoryBenchmark
{
    // float32 weights and the two float32 moments of AdamW, for all parameters.
    private const int PlainBytes = 12;

    /// <value>296 M parameters in 16 layers.</value>
    private static readonly RandomModelShape s_larger = new(1024, 3328, 16, 16, 16, 32000, 1024, Tied: false);

    /// <param name="steps">Steps of the small model.</param>
    /// <param name="largerSteps">Steps of the larger one; 0 leaves it out.</param>
    /// <param name="tokens">Tokens of a row; a step has four.</param>
    /// <param name="threads">Intra-op threads.</param>
    public static async Task Run(int steps, int largerSteps, int tokens, int threads)
    {
        Console.WriteLine($"a manifest at every step; 4 x {tokens} tokens a step, bfloat16, {threads} threads");
        Console.WriteLine("| model | LISA, 2 layers of | steps | kept a step | plain folder | ratio | s a step | without | stall of step |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
        foreach (var (shape, count) in ((RandomModelShape, int)[])[(BenchModel.Stories, steps), (s_larger, largerSteps)])
        {
            if (count == 0) continue;
            foreach (var embeddings in (bool[])[false, true]) await Measure(shape, count, tokens, threads, embeddings);
        }
    }

    private static async Task Measure(RandomModelShape shape, int steps, int tokens, int threads, bool embeddings)
    {
        var root = Directory.CreateTempSubdirectory("lisa-bench-").FullName;
        try
        {
            var (model, data) = (Path.Combine(root, "model"), Path.Combine(root, "data.jsonl"));
            await GpuModel.WriteAsync(model, shape);
            await GpuModel.WriteDataAsync(data, 8 * tokens);
            var store = new FolderBlobStore(Path.Combine(root, "store"));
            var spec = new TrainingSpec
            {
                RunName = "history",
                KeepManifests = "all",
                SaveSteps = 1,
                MaxSteps = steps,
                TrainEmbeddings = embeddings,
                PerDeviceTrainBatchSize = 4,
                BlockSize = tokens,
                Threads = threads,
            };
            var (alone, seconds, stalls) = (new List<double>(), new List<double>(), new List<double>());
            await GrainTrainer.Run(
                root, model, data, spec with { RunName = "alone", SaveSteps = 0, KeepManifests = "last" }, record => alone.Add(record.Seconds));
            await GrainTrainer.Run(store, model, data, spec, record => seconds.Add(record.Seconds), saved => stalls.Add(saved.StallSeconds));

            var parameters = ModelConfigReader.ReadFile(Path.Combine(model, "config.json")).AllSpecs().Sum(s => s.Count);
            var kept = await KeptHistory.ReadAsync(store, spec.RunName, CancellationToken.None);

            // The first manifest is the model itself, which a plain trainer has beside its folders, too.
            var each = kept.Skip(1).Average(k => k.NewBytes);
            var plain = (double)parameters * PlainBytes;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {parameters / 1e6:0.0} M | {shape.Layers}{(embeddings ? ", embeddings" : "")} | {steps} | {each / 1e6:0.0} MB "
                + $"| {plain / 1e6:0.0} MB | {each / plain:0.000} | {seconds.Skip(1).Median():0.000} | {alone.Skip(1).Median():0.000} "
                + $"| {100 * stalls.Skip(1).Median() / seconds.Skip(1).Median():0.0} % |"));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }
}
