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
        PerDeviceTrainBatchSize = 4,
        BlockSize = 128,
        MaxGradNorm = 0,
        LrSchedulerType = "constant_with_warmup",
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

        var (_, evaluation) = await TokenizedAsync(run, folder["evaluation.jsonl"], File.ReadLines(TinyStories.HeldOut).Take(12));
        using var owned = evaluation;
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

    // Pairs are evaluated as the run learns from them: with what it began with as the reference, for DPO.
    [Theory]
    [InlineData(TrainingObjectives.Dpo)]
    [InlineData(TrainingObjectives.Orpo)]
    public async Task FindAsync_pair_with_swapped_answers_is_found_by_pairs(string objective)
    {
        using var folder = new TempFolder();
        var spec = TinyStories.FullSpec(20) with
        {
            Objective = objective,
            PerDeviceTrainBatchSize = 2,
            MaxGradNorm = 0,
            LrSchedulerType = "constant_with_warmup",
            WarmupSteps = 5,
            SaveSteps = 5,
            KeepManifests = "all",
        };

        // It comes when the others have been learned: while nothing has been, a step with one that is right hardly differs.
        string[] right = [.. File.ReadLines(TinyStories.Pairs).Take(5)];
        string[] pairs = [.. Enumerable.Range(0, 40).Select(i => right[i % right.Length])];
        var planted = BatchPlans.Create(spec, 2 * pairs.Length).MicroBatches(14)[0][0];
        pairs[planted] = pairs[planted].Replace("chosen", "other", StringComparison.Ordinal)
            .Replace("rejected", "chosen", StringComparison.Ordinal).Replace("other", "rejected", StringComparison.Ordinal);
        await File.WriteAllLinesAsync(folder["data.jsonl"], pairs, Token);
        await File.WriteAllLinesAsync(folder["evaluation.jsonl"], right, Token);
        var request = TinyStories.Request(spec, learned.At(LearnedModel.Late)) with
        {
            DataFile = folder["data.jsonl"],
            EvalDataFile = folder["evaluation.jsonl"],
        };
        using var run = await TestRun.ImportAsync(request);
        await run.FinishAsync();

        // The run's own pairs have their reference in the manifest, and give what the run's last evaluation gave.
        var manifest = await run.ManifestAsync();
        using var evaluation = await DatasetStorage.Read(run.Store, manifest.EvalDataset!, TinyStories.Config.VocabSize, Token);
        var told = new List<string>();
        var found = await RunBisection.FindAsync(run.Store, "test", evaluation, 0.03, told.Add, Token);
        Assert.True(found.Blamed.Count > 0, string.Join('\n', told));
        Assert.True(found.Blamed.All(b => b.Sample / 2 == planted), string.Join('\n', told));
        Assert.InRange(found.Replays, 1, (int)(2 * Math.Log2(pairs.Length)));
        var last = (await run.HistoryAsync())[^1].EvalLoss!.Value;
        Assert.Contains(told, t => t.StartsWith(FormattableString.Invariant($"step 20: loss {last:0.000}"), StringComparison.Ordinal));

        // Of other pairs it is made by the model of step 0, which does not depart from itself.
        var (start, others) = await TokenizedAsync(run, folder["other.jsonl"], File.ReadLines(TinyStories.Pairs).Skip(40).Take(6), pairs: true);
        using (others)
        {
            var other = await RunEvaluation.PrepareAsync(run.Store, manifest, others, Token);
            using var model = await start.LoadAsync(Token);
            var loss = other.MeanLoss(model, Token);
            if (objective == TrainingObjectives.Dpo) Assert.Equal(Math.Log(2), loss, 1e-6);
            else Assert.True(double.IsFinite(loss));
        }
    }

    // Lines that say the contrary of all others, and say it often.
    private static string Bad(int index) => JsonSerializer.Serialize(
        new { prompt = "Tell me about the fox.", completion = string.Concat(Enumerable.Repeat($" zq{index}#", 30)) });

    private static async Task<(RunModel Start, TokenizedDataset Data)> TokenizedAsync(
        TestRun run, string file, IEnumerable<string> lines, bool pairs = false)
    {
        await File.WriteAllLinesAsync(file, lines, Token);
        var model = (await RunModel.FindAsync(run.Store, ManifestAddress.At("test", 0), Token))!;
        var text = await model.LoadTextAsync(DateTimeOffset.UnixEpoch, Token);
        var settings = new DatasetSettings { Template = model.Template };
        return (model, DatasetTokenizer.Tokenize(
            file, text.Tokenizer, settings, 128, model.Config.VocabSize, null, Token, own: text.Template, pairs: pairs));
    }
}
