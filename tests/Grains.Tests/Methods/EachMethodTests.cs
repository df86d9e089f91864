using System.Runtime.InteropServices;
using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>Every training method on grains: what it changes, and that an interruption changes nothing.</summary>
public sealed class EachMethodTests
{
    private static readonly TrainingSpec s_galore = TinyStories.FullSpec(5) with { Method = "galore", GaloreRank = 8, GaloreUpdateProjGap = 2 };

    private static readonly Dictionary<string, (TrainingSpec Spec, bool Ends, int[] Layers)> s_methods = new()
    {
        ["lisa"] = (TinyStories.Spec(5) with { LisaStrategy = "round-robin" }, true, [0, 1, 2, 3]),
        ["full"] = (TinyStories.FullSpec(5), true, [0, 1, 2, 3, 4, 5]),
        ["galore"] = (s_galore, true, [0, 1, 2, 3, 4, 5]),
        ["apollo"] = (TinyStories.FullSpec(5) with { Method = "apollo", ApolloRank = 8, ApolloUpdateProjGap = 2 }, true, [0, 1, 2, 3, 4, 5]),
        ["apollo mini"] = (
            TinyStories.FullSpec(5) with
            {
                Method = "apollo",
                ApolloRank = 1,
                ApolloScale = 128,
                ApolloScaleType = "tensor",
                TrainEmbeddings = false,
            }, false, [0, 1, 2, 3, 4, 5]),
        ["lisa, galore"] = (
            TinyStories.Spec(5) with { LisaStrategy = "fixed", LisaFixedLayers = [1, 4], Optim = "galore", GaloreRank = 8 }, true, [1, 4]),
        ["lisa, warm, rounded by chance"] = (
            TinyStories.Spec(5) with
            {
                LisaStrategy = "round-robin",
                LisaWarmupSteps = 3,
                OptimizerStateDtype = "bfloat16",
                StochasticRounding = true,
            }, true, [0, 1, 2, 3]),
        ["lisa, moments kept, nf4"] = (
            TinyStories.Spec(7) with
            {
                LisaStrategy = "round-robin",
                LisaActivatedLayers = 4,
                LisaIntervalSteps = 1,
                LisaKeepOptimizerState = true,
                FrozenWeights = "nf4",
                SaveSteps = 3,
            }, true, [0, 1, 2, 3, 4, 5]),
        ["lisa, moments kept, masters rounded by chance"] = (
            TinyStories.Spec(7) with
            {
                LisaStrategy = "round-robin",
                LisaActivatedLayers = 4,
                LisaIntervalSteps = 1,
                LisaKeepOptimizerState = true,
                Dtype = "bfloat16",
                ComputeDtype = "bfloat16",
                StochasticRounding = true,
                SaveSteps = 2,
            }, true, [0, 1, 2, 3, 4, 5]),
        ["lisa, computed in float32, rounded by chance"] = (
            TinyStories.Spec(7) with
            {
                LisaStrategy = "round-robin",
                Dtype = "bfloat16",
                ComputeDtype = "float32",
                OptimizerStateDtype = "bfloat16",
                StochasticRounding = true,
                SaveSteps = 2,
            }, true, [0, 1, 2, 3, 4, 5]),
        ["badam"] = (TinyStories.BadamSpec(5, interval: 2), false, Swept(TinyStories.BadamSpec(5, interval: 2), 3)),
    };

    public static TheoryData<string> Methods => [.. s_methods.Keys];

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task Methods_each_changes_its_own_parts_only_and_resumes_to_the_same_bytes(string method)
    {
        var (spec, ends, layers) = s_methods[method];
        using var straight = await TestRun.TrainAsync(spec with { SaveSteps = 100 });
        var (before, after) = (TestRun.ReadWeights(TinyStories.Model), await straight.WeightsAsync());
        Assert.Equal(
            before.Keys.Where(name => PartOf(name) is { } layer ? layers.Contains(layer) : ends).Order(),
            before.Keys.Where(name => !before[name].AsSpan().SequenceEqual(after[name])).Order());

        using var broken = await TestRun.ImportAsync(spec);
        foreach (var step in (long[])[1, 3]) await broken.ContinueAsync(pauseAt: step);
        await broken.FinishAsync();
        Assert.Equal((await straight.HistoryAsync()).Select(r => r.Loss), (await broken.HistoryAsync()).Select(r => r.Loss));
        Assert.Equal(await straight.WeightsShaAsync(), await broken.WeightsShaAsync());
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task Methods_each_learns(string method)
    {
        using var run = await TestRun.TrainAsync(s_methods[method].Spec with { MaxSteps = 12, LrSchedulerType = "constant" });
        var losses = (await run.HistoryAsync()).Select(r => r.Loss).ToArray();
        Assert.True(losses.TakeLast(3).Average() < losses.Take(3).Average(), string.Join(' ', losses));
    }

    [Fact]
    public async Task LisaWarmupSteps_first_update_of_a_period_is_short_in_layers_and_as_ever_in_the_ends()
    {
        var spec = TinyStories.Spec(1) with { LisaStrategy = "fixed", LisaFixedLayers = [2], LrSchedulerType = "constant" };
        using var cold = await TestRun.TrainAsync(spec);
        using var warm = await TestRun.TrainAsync(spec with { LisaWarmupSteps = 4 });
        var (before, x, y) = (TestRun.ReadWeights(TinyStories.Model), await cold.WeightsAsync(), await warm.WeightsAsync());
        Assert.Equal(x["model.embed_tokens.weight"], y["model.embed_tokens.weight"]);
        const string Layer = "model.layers.2.self_attn.q_proj.weight";
        Assert.Equal(0.25, Distance(before[Layer], y[Layer]) / Distance(before[Layer], x[Layer]), 1e-3);
    }

    private static double Distance(byte[] a, byte[] b) => Math.Sqrt(Floats(a).Zip(Floats(b)).Sum(p => Math.Pow(p.First - (double)p.Second, 2)));

    private static float[] Floats(byte[] bytes) => MemoryMarshal.Cast<byte, float>(bytes).ToArray();

    private static int? PartOf(string weight) => weight.Split('.') is [_, "layers", var layer, ..] ? int.Parse(layer, null) : null;

    private static int[] Swept(TrainingSpec spec, int periods)
    {
        var schedule = new RunSchedule(spec, TinyStories.Config);
        return [.. Enumerable.Range(0, periods).SelectMany(p => schedule.Plan(p)!.Layers)];
    }
}
