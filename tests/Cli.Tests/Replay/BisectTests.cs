using System.Text.Json;

namespace LisaOrleans.Cli.Tests;

/// <summary><c>lisa bisect</c> as a process: samples of a bad file are found among good ones, and nothing where nothing is bad.</summary>
public sealed class BisectTests(TrainedRuns runs)
{
    private const int Good = 160;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // Other kinds of runs, and histories with fewer manifests, without the processes: RunBisectionTests.
    [Theory]
    [InlineData(40, 6, 1, "all")]
    public async Task Bisect_samples_of_a_planted_file_are_found_with_few_replays(int learned, int bad, int accumulation, string keep)
    {
        using var folder = new TempFolder();
        string[] settings =
            ["--method", "full", "--lr-scheduler-type", "constant_with_warmup", "--per-device-train-batch-size", "4", "--max-grad-norm", "0"];
        await Lisa.SucceedsAsync(Sample.Train(folder["learned"], more: [.. settings, "--max-steps", $"{learned}"]));

        // Lines that say the contrary of all others, and say it often.
        await File.WriteAllLinesAsync(
            folder["bad.jsonl"],
            Enumerable.Range(0, bad).Select(i => JsonSerializer.Serialize(
                new { prompt = "Tell me about the fox.", completion = string.Concat(Enumerable.Repeat($" zq{i}#", 30)) })),
            Token);
        await Lisa.SucceedsAsync(Sample.Train(
            folder["out"], folder["learned"], $"{Sample.Data},{folder["bad.jsonl"]}",
            [.. settings, "--warmup-steps", "10", "--gradient-accumulation-steps", $"{accumulation}", "--max-steps", $"{40 / accumulation}",
                "--save-steps", "10", "--store", folder["store"], "--keep-manifests", keep]));

        var found = await Bisect(folder, "--threshold", "0.03");
        var samples = found.GetProperty("samples").EnumerateArray().ToArray();
        Assert.NotEmpty(samples);
        Assert.All(samples, s => Assert.InRange(s.GetProperty("sample").GetInt32(), Good, Good + bad - 1));
        Assert.InRange(found.GetProperty("replays").GetInt32(), 1, (int)(2 * Math.Log2(Good + bad)));
        Assert.True(found.GetProperty("after").GetDouble() > found.GetProperty("before").GetDouble() + 0.01);
        Assert.True(found.GetProperty("without").GetDouble() < found.GetProperty("after").GetDouble());

        // The ledger has them where it says.
        foreach (var sample in samples)
        {
            using var entry = JsonDocument.Parse(File.ReadLines(folder["out/ledger.jsonl"]).ElementAt(sample.GetProperty("step").GetInt32() - 1));
            Assert.Contains(
                sample.GetProperty("sample").GetInt32(), entry.RootElement.GetProperty("samples").EnumerateArray().Select(s => s.GetInt32()));
        }
    }

    [Fact]
    public async Task Bisect_run_that_never_gets_worse_is_told_so_and_the_store_stays_as_it_was()
    {
        using var folder = new TempFolder();
        foreach (var (file, name) in ((string, string)[])[(Sample.Data, "data.jsonl"), (Sample.HeldOut, "held-out.jsonl")])
        {
            await File.WriteAllTextAsync(
                folder[name], (await File.ReadAllTextAsync(file, Token)).Replace("\"prompt\"", "\"question\"", StringComparison.Ordinal), Token);
        }

        await Lisa.SucceedsAsync(
            Sample.Train(folder["out"], data: folder["data.jsonl"], more: [
                "--prompt-field", "question", "--max-steps", "9", "--save-steps", "3", "--store", folder["store"], "--keep-manifests", "all"]));
        var before = Directory.GetFiles(folder["store"], "*", SearchOption.AllDirectories).Order().ToArray();

        // The evaluation data are read as the run's own, unless a setting says otherwise.
        string[] own = ["--eval-data", folder["held-out.jsonl"], "--threshold", "0.5"];
        var found = await Lisa.SucceedsAsync(Arguments(folder, own));
        Assert.Matches(
            @"the evaluation never gets worse by more than 0\.5 from step 0 \(loss [0-9.]+\) to step 9 \(loss [0-9.]+\); replays: 1", found.Output);
        Assert.Equal(before, Directory.GetFiles(folder["store"], "*", SearchOption.AllDirectories).Order());
        var read = await Bisect(folder, own);
        Assert.False(read.GetProperty("worse").GetBoolean());
        var learned = await Bisect(folder, [.. own, "--train-on-prompt"]);
        Assert.NotEqual(read.GetProperty("before").GetDouble(), learned.GetProperty("before").GetDouble());
    }

    [Fact]
    public async Task Bisect_too_few_manifests_or_wrong_input_is_refused()
    {
        using var folder = new TempFolder();
        TrainedRuns.Copy(TrainedRuns.Store(await runs.ShortAsync()), folder["store"]);
        await LisaMain.RefusesAsync(Arguments(folder), "keeps only the manifest of step 2", "--keep-manifests all");
        await LisaMain.RefusesAsync(Arguments(folder, "--threshold", "-1"), "--threshold is '-1'; it must be at least 0");
        await LisaMain.RefusesAsync(Arguments(folder, "--threshold", "much"), "--threshold is 'much'; it must be a number");
        await LisaMain.RefusesAsync(["bisect", "default", "--store", folder["store"]], "--eval-data is missing");
        await LisaMain.RefusesAsync(
            ["bisect", "default", "--store", folder["store"], "--template", "chatml"], "--template: is used only with --eval-data");
        await LisaMain.RefusesAsync(["bisect", "other", "--store", folder["store"], "--eval-data", Sample.HeldOut], "has no run 'other'");
        await LisaMain.RefusesAsync(["bisect", "default", "--store", folder["store"], "--eval-data", folder["none.jsonl"]], "none.jsonl");
    }

    private static string[] Arguments(TempFolder folder, params string[] more) =>
        ["bisect", "default", "--store", folder["store"], .. more.Contains("--eval-data") ? (string[])[] : ["--eval-data", Sample.HeldOut], .. more];

    private static async Task<JsonElement> Bisect(TempFolder folder, params string[] more)
    {
        var result = await Lisa.SucceedsAsync(Arguments(folder, [.. more, "--log-format", "json"]));
        using var json = JsonDocument.Parse(Assert.Single(result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        return json.RootElement.Clone();
    }
}
