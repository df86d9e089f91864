using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>What DPO compares answers with is taken only where it was made of the numbers that it is compared with.</summary>
public sealed class ReferenceNumbersTests : IDisposable
{
    private static readonly TrainingSpec s_dpo = TinyStories.Spec(1) with { Objective = "dpo", PerDeviceTrainBatchSize = 2 };

    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // Models are evaluated with exact weights, whatever the frozen ones are in while a run trains.
    [Fact]
    public async Task RunEvaluation_of_a_quantised_run_compares_with_exact_weights()
    {
        await File.WriteAllLinesAsync(_folder["evaluation.jsonl"], File.ReadLines(TinyStories.Pairs).Take(6), Token);
        using var run = await TestRun.ImportAsync(
            Request(s_dpo with { FrozenWeights = "int8", KeepManifests = "all" }) with { EvalDataFile = _folder["evaluation.jsonl"] });
        await run.FinishAsync();
        var manifest = await run.ManifestAsync();
        Assert.NotNull(manifest.EvalReferenceLogProbs);
        using var data = await DatasetStorage.Read(run.Store, manifest.EvalDataset!, TinyStories.Config.VocabSize, Token);
        var evaluation = await RunEvaluation.PrepareAsync(run.Store, manifest, data, Token);
        using var model = await (await RunModel.FindAsync(run.Store, ManifestAddress.At("test", 0), Token))!.LoadAsync(Token);
        Assert.Equal(Math.Log(2), evaluation.MeanLoss(model, Token), 1e-6);
    }

    [Fact]
    public async Task Key_depends_on_all_that_decides_the_numbers()
    {
        using var run = await TestRun.ImportAsync(Request(TinyStories.LoraSpec(1) with { Objective = "dpo" }));
        var manifest = await run.ManifestAsync();
        var lora = await RunFiles.ReadSpecAsync(run.Store, manifest, Token);
        var full = lora with { Method = "full" };
        TrainingSpec[] others =
        [
            lora, lora with { LoraAlpha = 7 }, lora with { UseRslora = true },
            lora with { LoraAlphaPattern = new Dictionary<string, double> { ["q_proj"] = 7 } }, lora with { FrozenWeights = "int8" }, full,
        ];
        Assert.Distinct([.. others.Select(s => Key(s)), Key(lora, "another"), Key(lora, "another", "kind")]);
        Assert.Equal(Key(full), Key(full with { LoraAlpha = 7, FrozenWeights = "mapped" }));

        string Key(TrainingSpec spec, params string[] kinds) => ReferenceCache.Key(manifest, spec, manifest.Dataset!, kinds);
    }

    [Fact]
    public async Task ReferenceLogProbs_go_to_a_fork_of_step_0_that_computes_with_the_same_numbers()
    {
        var spec = s_dpo with { Dtype = "bfloat16", ComputeDtype = "float32", KeepManifests = "all" };
        using var run = await TestRun.ImportAsync(Request(spec));
        await run.FinishAsync();
        foreach (var (name, setting, value, same) in ((string, string, string, bool)[])
            [("a", "compute_dtype", "bfloat16", false), ("b", "frozen_weights", "int8", false), ("c", "learning_rate", "0.1", true)])
        {
            await RunFork.CreateAsync(run.Store, ManifestAddress.At("test", 0), name, Given.Of((setting, value)), Token);
            Assert.Equal(same, (await run.Beside(name).ManifestAsync()).ReferenceLogProbs is not null);
        }
    }

    public void Dispose() => _folder.Dispose();

    private static RunRequest Request(TrainingSpec spec) => TinyStories.Request(spec) with { DataFile = TinyStories.Pairs };
}
