using System.Diagnostics;
using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Bench;

/// <summary>
/// What a packed row costs against its samples taken apart and against one sample that fills the row: a decoder layer that
/// trains, forward and backward, in turns.
/// </summary>
internal static class PackedBenchmark
{
    private const int Length = 4096;
    private const int Width = 1024;
    private const int Warm = 1;

    // The feed-forward block is next to nothing, so that this is about attention.
    private const string Config = """
        {
          "model_type": "llama", "hidden_size": 1024, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 16,
          "num_key_value_heads": 4, "vocab_size": 32, "max_position_embeddings": 4096, "rms_norm_eps": 1e-5, "rope_theta": 10000
        }
        """;

    /// <summary>Runs it.</summary>
    /// <param name="rounds">Rounds.</param>
    /// <param name="sample">Tokens of a sample; divides 4,096.</param>
    /// <param name="threads">Threads.</param>
    public static void Run(int rounds, int sample, int threads)
    {
        set_num_threads(threads);
        using var layer = Layer();
        var positions = Enumerable.Range(0, Length).Select(i => i % sample).ToArray();
        var segments = Enumerable.Range(0, Length).Select(i => i / sample).ToArray();
        using var packed = MicroBatchPositions.Create(positions, segments, 1, CPU)!;
        using var row = randn(1, Length, Width);
        using var rows = row.view(Length / sample, sample, Width).clone();
        var (together, apart, whole) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = -Warm; round < rounds; round++)
        {
            var times = new[] { Time(row, packed), Time(rows, null), Time(row, null) };
            if (round < 0) continue;
            together.Add(times[0]);
            apart.Add(times[0] / times[1]);
            whole.Add(times[0] / times[2]);
        }

        Console.WriteLine(
            $"a packed row of {Length} tokens in samples of {sample}: {Statistics.Median(together):0.000} s a layer, forward and backward; "
                + $"{Statistics.Median(apart):0.00} of its samples apart, {Statistics.Median(whole):0.00} of one sample that fills it "
                + $"(medians of {rounds} rounds)");

        double Time(Tensor input, MicroBatchPositions? where)
        {
            var clock = Stopwatch.StartNew();
            using (var output = layer.Forward(0, input.clone(), where, train: true, inputGradient: true))
                layer.Backward(0, output, where)!.Dispose();
            return clock.Elapsed.TotalSeconds;
        }
    }

    private static LayerPart Layer()
    {
        var config = ModelConfigReader.Parse(Config, "config.json");
        using var generator = new Generator(1);
        var weights = config.LayerSpecs(0).ToDictionary(s => s.Name, s => randn([.. s.Shape], generator: generator));
        return new LayerPart(config, 0, PartDtypes.Parse("float32", "float32"), new AdamW(0.9, 0.999, 1e-8, 0), false, weights);
    }
}
