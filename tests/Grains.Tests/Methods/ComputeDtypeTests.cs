using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>bfloat16 models that compute in float32, on grains.</summary>
public sealed class ComputeDtypeTests
{
    private static readonly TrainingSpec s_spec = TinyStories.Spec(9) with { Dtype = "bfloat16", LisaIntervalSteps = 2 };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("mapped", true, "float32")]
    [InlineData("int8", false, "bfloat16")]
    public async Task ComputeDtype_float32_resumed_run_with_other_manifests_ends_with_the_same_bytes(string form, bool ends, string state)
    {
        var spec = s_spec with { ComputeDtype = "float32", FrozenWeights = form, TrainEmbeddings = ends, OptimizerStateDtype = state };
        using var straight = await TestRun.TrainAsync(spec with { SaveSteps = 0 });
        using var broken = await TestRun.ImportAsync(spec with { SaveSteps = 1 });
        foreach (var step in (long[])[1, 4])
            Assert.Equal(RunState.Paused, (await broken.ContinueAsync(pauseAt: step)).State);
        await broken.FinishAsync();

        Assert.Equal((await straight.HistoryAsync()).Select(r => r.Loss), (await broken.HistoryAsync()).Select(r => r.Loss));
        Assert.Equal(await straight.WeightsShaAsync(), await broken.WeightsShaAsync());
    }

    [Fact]
    public async Task ComputeDtype_run_that_is_resumed_keeps_what_it_began_with()
    {
        using var run = await TestRun.ImportAsync(s_spec with { ComputeDtype = "float32" });
        var resumed = await RunImporter.ImportAsync(run.Store, TinyStories.Request(s_spec), null, Token);
        Assert.Equal((true, "float32"), (resumed.Resumed, resumed.Spec.ComputeDtype));
        var refused = await Assert.ThrowsAsync<RunExistsException>(() =>
            RunImporter.ImportAsync(run.Store, TinyStories.Request(s_spec with { ComputeDtype = "bfloat16" }), null, Token));
        Assert.Contains("compute_dtype: was \"float32\", now \"bfloat16\"", refused.Message, StringComparison.Ordinal);

        // Whatever this processor would choose for a new one.
        using var before = await TestRun.ImportAsync(s_spec with { ComputeDtype = "bfloat16" });
        var open = await RunImporter.ImportAsync(before.Store, TinyStories.Request(s_spec), null, Token);
        Assert.Equal((true, "bfloat16"), (open.Resumed, open.Spec.ComputeDtype));
        await Assert.ThrowsAsync<RunExistsException>(() =>
            RunImporter.ImportAsync(before.Store, TinyStories.Request(s_spec with { ComputeDtype = "float32" }), null, Token));
    }
}
