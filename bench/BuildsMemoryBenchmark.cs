using System.Diagnostics;
using System.Globalization;
using LisaOrleans.Cluster;

namespace LisaOrleans.Bench;

/// <summary>
/// The most memory without mapped pages that <c>lisa train</c> takes for TinyLlama's shape in bfloat16, LISA with 2 layers: of another build
/// with whole weights, and of this one with each form of them, by moments in float32 and in bfloat16.
/// </summary>
internal static class BuildsMemoryBenchmark
{
    private const int Steps = 3;

    // Other builds may know nothing but whole weights.
    private static readonly string[] s_rows =
        ["--frozen-weights whole", "--frozen-weights mapped", "--frozen-weights int8", "--frozen-weights nf4", "--frozen-weights nf4 --optim adamw-8bit"];

    /// <param name="other">The other build's <c>lisa</c>.</param>
    /// <param name="tokens">Tokens of a row; a step has one.</param>
    /// <param name="threads">Intra-op threads.</param>
    public static async Task Run(string other, int tokens, int threads)
    {
        var root = Directory.CreateTempSubdirectory("lisa-bench-").FullName;
        try
        {
            var (model, data) = (Path.Combine(root, "model"), Path.Combine(root, "data.jsonl"));
            await GpuModel.WriteAsync(model, GpuModel.TinyLlama);
            await File.WriteAllLinesAsync(data, Enumerable.Range(0, 40).Select(i => $$"""{"text": "The owl sat on the tree and looked at the moon {{i}}"}"""));
            Console.WriteLine($"TinyLlama's shape, bfloat16, LISA with 2 layers, 1 x {tokens} tokens a step, new layers at each, {threads} threads");
            Console.WriteLine("| moments | this build | memory | of the other's whole weights |");
            Console.WriteLine("|---|---|---|---|");
            foreach (var moments in (string[])["float32", "bfloat16"])
            {
                var theirs = await Peak(other, []);
                Console.WriteLine($"| {moments} | (the other build) | {Mega(theirs)} MB | 1.00 |");
                foreach (var row in s_rows)
                {
                    var ours = await Peak(Executables.Lisa, row.Split(' '));
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {moments} | `{row}` | {Mega(ours)} MB | {ours / theirs:0.00} |"));
                }

                async Task<double> Peak(string lisa, string[] more)
                {
                    var output = Path.Combine(root, "out");
                    var peak = await PeakAsync(lisa, [
                        "train", "--model", model, "--data", data, "--output", output, "--dtype", "bfloat16", "--optimizer-state-dtype", moments,
                        "--max-steps", $"{Steps}", "--lisa-interval-steps", "1", "--lisa-activated-layers", "2", "--per-device-train-batch-size", "1",
                        "--block-size", $"{tokens}", "--save-steps", "0", "--threads", $"{threads}", .. more]);

                    // With its store it takes twice what the model does.
                    Directory.Delete(output, recursive: true);
                    return peak;
                }
            }
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static async Task<double> PeakAsync(string lisa, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(lisa, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var peak = 0L;
        while (!process.HasExited)
        {
            peak = Math.Max(peak, PeakMemory.WithoutMappedPages(process.Id) ?? 0);
            await Task.Delay(20);
        }

        return process.ExitCode == 0 ? peak : throw new InvalidOperationException($"{lisa} train ended with {process.ExitCode}: {await output}");
    }

    private static string Mega(double bytes) => (bytes / 1e6).ToString("0", CultureInfo.InvariantCulture);
}
