using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Data;
using LisaOrleans.Silo;
using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>Samples of a bad file are found among good ones, whatever the run trains; <c>lisa bisect</c> is tested with the other commands.</summary>
public sealed class RunBisectionTests(LearnedModel learned) : IClassFixture<LearnedModel>
{
    private const int Good = 80;

    private static readonly TrainingSpec s_full = TinyStories.FullSpec(21) with
    {
        BlockSize = 128,
        MaxGradNorm = 0,
        LrSchedulerType = "constant",
        WarmupSteps = 5,
        SaveSteps = 5,
        KeepManifests = "all",
    };

    private static readonly Dictionary<string, (long Learned, int Bad, TrainingSpec Spec)> s_runs = new()
    {
        // Its loss falls so much that no manifest is worse than the one before it, or than the first.
        ["falling"] = (LearnedModel.Early, 6, s_full),
        ["few manifests"] = (LearnedModel.Late, 6, s_full with { KeepManifests = "every:10" }),

        // With samples of the file in nearly every step.
        ["many bad"] = (LearnedModel.Late, 24, s_full with { GradientAccumulationSteps = 2, MaxSteps = 13, KeepManifests = "base" }),
        ["packed"] = (LearnedModel.Late, 6, s_full with { Packing = true, PerDeviceTrainBatchSize = 2, MaxSteps = 12 }),
        ["lora"] = (LearnedModel.Late, 6, s_full with { Method = "lora", LearningRate = 1e-2, LoraAlpha = 16 }),
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Runs => [.. s_runs.Keys];

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task FindAsync_samples_of_a_planted_file_are_found_with_few_replays(string name)
    {
        var (steps, bad, spec) = s_runs[name];
        using var folder = new TempFolder();
        await File.WriteAllLinesAsync(
            folder["data.jsonl"], [.. File.ReadLines(TinyStories.Data).Take(Good), .. Enumerable.Range(0, bad).Select(Bad)], Token);
        using var run = await TestRun.ImportAsync(TinyStories.Request(spec, learned.At(steps)) with { DataFile = folder["data.jsonl"] });
        await run.FinishAsync();

        using var evaluation = await EvaluationAsync(run, folder["evaluation.jsonl"]);
        var told = new List<string>();
        var found = await RunBisection.FindAsync(run.Store, "test", evaluation, 0.03, told.Add, Token);
        Assert.True(found.Blamed.Count > 0, string.Join('\n', told));
        Assert.All(found.Blamed, b => Assert.InRange(b.Sample, Good, Good + bad - 1));
        Assert.InRange(found.Replays, 1, (int)(2 * Math.Log2(Good + bad)));
        Assert.True(found.After > found.Before + 0.01 && found.Without < found.After, string.Join('\n', told));

        // The log has them where it says.
        var history = await run.HistoryAsync();
        Assert.All(found.Blamed, b => Assert.Contains(b.Sample, history[(int)b.Step - 1].Samples));
    }

    // Lines that say the contrary of all others, and say it often.
    private static string Bad(int index) => JsonSerializer.Serialize(
        new { prompt = "Tell me about the fox.", completion = string.Concat(Enumerable.Repeat($" zq{index}#", 30)) });

    private static async Task<TokenizedDataset> EvaluationAsync(TestRun run, string file)
    {
        await File.WriteAllLinesAsync(file, File.ReadLines(TinyStories.HeldOut).Take(12), Token);
        var model = (await RunModel.FindAsync(run.Store, ManifestAddress.At("test", 0), Token))!;
        var text = await model.LoadTextAsync(DateTimeOffset.UnixEpoch, Token);
        return DatasetTokenizer.Tokenize(
            file, text.Tokenizer, new DatasetSettings { Template = model.Template }, 128, model.Config.VocabSize, null, Token, own: text.Template);
    }
}
