namespace LisaOrleans.Grains.Tests;

/// <summary>Runs whose tokens count by weights.</summary>
public sealed class WeightedTokensTests : IDisposable
{
    private static readonly TrainingSpec s_spec = TinyStories.Spec(6) with { GradientAccumulationSteps = 2, LisaIntervalSteps = 2 };

    private static readonly Dictionary<string, TrainingSpec> s_runs = new()
    {
        ["lisa"] = s_spec,
        ["packed, bfloat16"] = s_spec with { Packing = true, PerDeviceTrainBatchSize = 2, Dtype = "bfloat16" },
        ["lanes, recomputed"] =
            s_spec with { PerDeviceTrainBatchSize = 1, GradientAccumulationSteps = 5, GradientLanes = 3, GradientCheckpointing = true },
        ["masked"] = s_spec with { MaskSamples = [0, 3, 7] },
    };

    private readonly TempFolder _folder = new();

    public static TheoryData<string> Runs => [.. s_runs.Keys];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task Weights_interrupted_run_ends_with_the_bits_of_the_reference_trainer(string name)
    {
        using var run = await TestRun.ImportAsync(Request(s_runs[name], null));
        foreach (var step in (long[])[1, 4]) await run.ContinueAsync(pauseAt: step);
        await run.FinishAsync();
        await ReferenceTrainerTests.AssertSameBits(run, TinyStories.Model);

        using var once = await TestRun.TrainAsync(s_runs[name]);
        Assert.NotEqual(await once.WeightsShaAsync(), await run.WeightsShaAsync());
    }

    [Fact]
    public async Task Weights_of_1_change_no_bit()
    {
        using var weighted = await TestRun.ImportAsync(Request(s_spec, 1));
        await weighted.FinishAsync();
        using var once = await TestRun.TrainAsync(s_spec);
        Assert.Equal((await once.ManifestAsync()).Dataset, (await weighted.ManifestAsync()).Dataset);
        Assert.Equal(await once.WeightsShaAsync(), await weighted.WeightsShaAsync());
    }

    // The mean is by weights, so it does not matter how large all of them are; 0.5 rounds nothing.
    [Fact]
    public async Task Weights_that_are_all_alike_give_the_losses_of_1()
    {
        using var half = await TestRun.ImportAsync(Request(s_spec, 0.5) with { EvalDataFile = Write("eval.jsonl", 0.5, 9) });
        await half.FinishAsync();
        using var once = await TestRun.ImportAsync(TinyStories.Request(s_spec) with { EvalDataFile = Write("eval-once.jsonl", 1, 9) });
        await once.FinishAsync();
        foreach (var (a, b) in (await half.HistoryAsync()).Zip(await once.HistoryAsync()))
        {
            Assert.Equal(b.Loss, a.Loss, 1e-4);
            Assert.Equal(b.GradNorm, a.GradNorm, 1e-3);
            Assert.Equal(b.Tokens, a.Tokens);
        }

        Assert.Equal((await once.HistoryAsync())[^1].EvalLoss!.Value, (await half.HistoryAsync())[^1].EvalLoss!.Value, 1e-4);
    }

    private RunRequest Request(TrainingSpec spec, double? weight) => TinyStories.Request(spec) with { DataFile = Write("data.jsonl", weight) };

    private string Write(string name, double? weight, int? count = null) =>
        WeightedLines.Write(name == "data.jsonl" ? TinyStories.Data : TinyStories.HeldOut, _folder[name], count, weight);
}
