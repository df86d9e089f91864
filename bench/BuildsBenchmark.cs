using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using LisaOrleans.Cluster;
using LisaOrleans.Data;

namespace LisaOrleans.Bench;

/// <summary>
/// <c>lisa train</c> of this build against that of another one, in turns: seconds from the start of the process to the first
/// step, seconds per step, and whether both end with the same loss.
/// </summary>
internal static class BuildsBenchmark
{
    private const int BlockSize = 128;
    private const int Period = 5;

    private sealed record Measured(double FirstStep, double Step, string Loss);

    /// <returns>1 if the losses differ.</returns>
    public static async Task<int> Run(string other, int rounds, int steps, int threads)
    {
        using var model = await BenchModel.CreateAsync();
        var data = await ShortTexts(model);
        Console.WriteLine($"29.6 M parameters, float32, 4 rows a step, LISA 2 of 8 layers, new layers every {Period} steps, {threads} threads");
        List<(Measured Theirs, Measured Ours)> pairs = [];
        for (var round = 1; round <= rounds; round++)
        {
            // Which build goes first alternates: the first of a pair finds a machine that has rested.
            var oursFirst = round % 2 == 0;
            var first = await Train(oursFirst ? Executables.Lisa : other, model, data, steps, threads);
            var second = await Train(oursFirst ? other : Executables.Lisa, model, data, steps, threads);
            var (theirs, ours) = oursFirst ? (second, first) : (first, second);
            pairs.Add((theirs, ours));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"round {round}: to the first step {theirs.FirstStep:0.00} and {ours.FirstStep:0.00} s; "
                + $"a step {theirs.Step:0.000} and {ours.Step:0.000} s; loss {theirs.Loss} and {ours.Loss}"));
        }

        var start = pairs.Select(p => p.Ours.FirstStep / p.Theirs.FirstStep).Median();
        var speed = pairs.Select(p => p.Theirs.Step / p.Ours.Step).Median();
        var same = pairs.TrueForAll(p => p.Theirs.Loss == p.Ours.Loss);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"this build / the other, median of {rounds} rounds: time to the first step {start:0.000}, "
            + $"steps per second {speed:0.000}; {(same ? "the same losses" : "THE LOSSES DIFFER")}"));
        return same ? 0 : 1;
    }

    // No text is longer than a block: builds differ in what they do with the rest.
    private static async Task<string> ShortTexts(BenchModel model)
    {
        var tokenizer = TokenizerLoader.Load(model.Folder);
        var file = Path.Combine(model.Root, "short.jsonl");
        await File.WriteAllLinesAsync(file, (await File.ReadAllLinesAsync(model.Data)).Select(line =>
        {
            var text = JsonDocument.Parse(line).RootElement.GetProperty("text").GetString()!;
            while (tokenizer.Encode(text).Length > BlockSize - 2) text = text[..(text.Length * 9 / 10)];
            return JsonSerializer.Serialize(new { text });
        }));
        return file;
    }

    private static async Task<Measured> Train(string lisa, BenchModel model, string data, int steps, int threads)
    {
        var output = Path.Combine(model.Root, "out-" + Guid.NewGuid().ToString("N"));
        var start = new ProcessStartInfo(lisa) { RedirectStandardOutput = true };
        foreach (var argument in (string[])[
            "train", "--model", model.Folder, "--data", data, "--output", output, "--max-steps", $"{steps}", "--block-size", $"{BlockSize}",
            "--per-device-train-batch-size", "4", "--lisa-interval-steps", $"{Period}", "--learning-rate", "1e-4", "--lr-scheduler-type", "constant",
            "--dtype", "float32", "--save-steps", "0", "--threads", $"{threads}", "--log-format", "json"])
            start.ArgumentList.Add(argument);
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        List<double> arrivals = [];
        var loss = "none";
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            var happened = JsonDocument.Parse(line).RootElement;
            if (happened.GetProperty("event").GetString() != "step") continue;
            arrivals.Add(watch.Elapsed.TotalSeconds);
            loss = happened.GetProperty("loss").GetRawText();
        }

        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{lisa} train ended with {process.ExitCode}");
        Directory.Delete(output, recursive: true);
        var durations = arrivals.Zip(arrivals.Skip(1), (before, after) => after - before).Skip(Period);
        return new Measured(arrivals[0], durations.Median(), loss);
    }
}
