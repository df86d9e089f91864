using System.Diagnostics;
using System.Globalization;
using LisaOrleans.Data;
using LisaOrleans.Samples.Make;

namespace LisaOrleans.Bench;

/// <summary>
/// How soon <c>lisa train</c> reaches its first step with many chat lines, and with how much memory: when the lines are new, when
/// a run that was killed goes on, and when another run begins with the same data. Compared with a thousand lines, and with what
/// tokenizing alone costs. A small model with Llama 2's tokenizer and a chat template of its own; needs the test assets.
/// </summary>
internal static class DataBenchmark
{
    private const int FewLines = 1000;
    private const int TokensPerLine = 205;
    private const int AloneLines = 20_000;

    private const string Template =
        "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    private static readonly RandomModelShape s_shape = new(64, 172, 4, 8, 4, 32_000, 1024, Tied: true);

    public static async Task Run(int lines)
    {
        var folder = Directory.CreateTempSubdirectory("lisa-data-").FullName;
        try
        {
            var model = await Model(folder);
            var tokenizer = TokenizerLoader.Load(model);
            var chats = ChatLines.Of(tokenizer, TokensPerLine);
            Print($"{"",-28} {"lines",9} {"M tokens",9} {"seconds",8} {"processor",9} {"peak MB",8}");
            var few = await Measure(folder, model, chats, FewLines);
            var many = await Measure(folder, model, chats, lines);
            var (alone, threads) = (Alone(tokenizer, chats), Environment.ProcessorCount);
            var rate = many[0].Tokens / many[0].Seconds / 1e6;
            Print($"M tokens/s to the first step {rate:0.00}, of tokenizing alone by {threads} threads {alone:0.00}: {rate / alone:0.00} of that");
            var more = many.Zip(few, (m, f) => $"{(m.PeakBytes - f.PeakBytes) / 1e6:0}");
            Print($"MB more than for {FewLines} lines: {string.Join(", ", more)}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<FirstStep[]> Measure(string folder, string model, ChatLines chats, int lines)
    {
        var place = Directory.CreateDirectory(Path.Combine(folder, $"{lines}")).FullName;
        var data = Path.Combine(place, "chats.jsonl");
        chats.Write(data, lines);
        var fresh = await FirstStep.MeasureAsync(Train("first", 100_000_000), killed: true);
        Show("fresh", fresh);
        var resumed = await FirstStep.MeasureAsync(Train("first", 100_000_000), killed: true);
        Show("resumed", resumed);
        var cached = await FirstStep.MeasureAsync(Train("second", 1), killed: false);
        Show("another run on the same data", cached);
        return [fresh, resumed, cached];

        string[] Train(string run, int steps) =>
        [
            "train", "--model", model, "--data", data, "--store", Path.Combine(place, "store"), "--output", Path.Combine(place, run),
            "--run-name", run, "--max-steps", $"{steps}", "--save-steps", "2", "--per-device-train-batch-size", "1",
        ];

        void Show(string what, FirstStep step) =>
            Print($"{what,-28} {lines,9} {fresh.Tokens / 1e6,9:0.0} {step.Seconds,8:0.00} {step.Processor,9:0.00} {step.PeakBytes / 1e6,8:0}");
    }

    // Millions of tokens per second of all threads together, when they do nothing else.
    private static double Alone(ITokenizer tokenizer, ChatLines chats)
    {
        string[] texts =
            [.. Enumerable.Range(0, AloneLines).Select(line => string.Concat(chats.Turns(line).Select(t => $"{t.Role}\n{t.Content}\n")))];
        var tokens = 0L;
        var watch = Stopwatch.StartNew();
        Parallel.ForEach(texts, text => Interlocked.Add(ref tokens, tokenizer.EncodeWithSpecialTokens(text).Length));
        return tokens / watch.Elapsed.TotalSeconds / 1e6;
    }

    private static async Task<string> Model(string folder)
    {
        var model = Directory.CreateDirectory(Path.Combine(folder, "model")).FullName;
        await RandomModel.WriteAsync(model, s_shape, seed: 7);
        File.Copy(Path.Combine(ClusterRuns.Assets, "llama2-tokenizer", "tokenizer.model"), Path.Combine(model, "tokenizer.model"));
        File.WriteAllText(Path.Combine(model, ModelFileNames.ChatTemplate), Template);
        return model;
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
