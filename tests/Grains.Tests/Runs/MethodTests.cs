namespace LisaOrleans.Grains.Tests;

/// <summary>What LISA trains, told from the bytes that come out.</summary>
public sealed class MethodTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("float32")]
    [InlineData("bfloat16")]
    public async Task LisaMethod_all_layers_in_one_period_is_full_fine_tuning_to_the_bit(string dtype)
    {
        var spec = TinyStories.Spec(8) with { Dtype = dtype };
        using var lisa = await TestRun.TrainAsync(spec with { LisaActivatedLayers = TinyStories.Layers, LisaIntervalSteps = 8 });
        using var full = await TestRun.TrainAsync(TinyStories.FullSpec(8) with { Dtype = dtype });

        Assert.Equal((await full.HistoryAsync()).Select(s => s.Loss), (await lisa.HistoryAsync()).Select(s => s.Loss));
        var weights = await full.WeightsAsync();
        Assert.Equal(await full.WeightsShaAsync(), await lisa.WeightsShaAsync());
        if (dtype == "float32")
            Assert.All(TestRun.ReadWeights(TinyStories.Model), t => Assert.False(t.Value.AsSpan().SequenceEqual(weights[t.Key]), t.Key));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task LisaMethod_one_active_layer_changes_only_it_and_the_ends(bool tied, bool ends)
    {
        using var folder = new TempFolder();
        var model = tied ? TinyStories.Model : await TinyStories.UntiedAsync(folder, Token);
        var spec = TinyStories.Spec(3) with { LisaActivatedLayers = 1, LisaIntervalSteps = 3, TrainEmbeddings = ends };
        using var run = await TestRun.TrainAsync(spec, model);

        var (before, after) = (TestRun.ReadWeights(model), await run.WeightsAsync());
        Assert.Equal(before.Keys.Order(), after.Keys.Order());
        var layer = Assert.Single((await run.HistoryAsync()).Select(s => Assert.Single(s.ActiveLayers)).Distinct());
        string[] expected =
        [
            .. before.Keys.Where(n => n.StartsWith($"model.layers.{layer}.", StringComparison.Ordinal)),
            .. ends ? (string[])["model.embed_tokens.weight", "model.norm.weight"] : [],
            .. ends && !tied ? (string[])["lm_head.weight"] : [],
        ];
        Assert.Equal(expected.Order(), before.Keys.Where(n => !before[n].AsSpan().SequenceEqual(after[n])).Order());
    }

    [Fact]
    public async Task GradientAccumulationSteps_two_times_four_is_a_batch_of_eight_but_for_rounding()
    {
        using var whole = await TestRun.TrainAsync(TinyStories.Spec(6) with { PerDeviceTrainBatchSize = 8 });
        using var parts = await TestRun.TrainAsync(TinyStories.Spec(6) with { PerDeviceTrainBatchSize = 4, GradientAccumulationSteps = 2 });

        foreach (var (a, b) in (await whole.HistoryAsync()).Zip(await parts.HistoryAsync()))
        {
            Assert.Equal(a.Samples.Order(), b.Samples.Order());
            Assert.Equal(a.Loss, b.Loss, 1e-4 * a.Loss);
            Assert.Equal(a.GradNorm, b.GradNorm, 1e-3 * a.GradNorm);
        }

        var (start, x, y) = (TestRun.ReadWeights(TinyStories.Model), await whole.WeightsAsync(), await parts.WeightsAsync());
        var moved = Distance(x, start);
        Assert.True(moved > 0.1, $"the weights moved by {moved} only");
        Assert.True(Distance(x, y) < 0.01 * moved, $"{Distance(x, y)} apart, moved by {moved}");
    }

    // Euclidean, over all weights.
    private static double Distance(IReadOnlyDictionary<string, byte[]> a, IReadOnlyDictionary<string, byte[]> b) =>
        Math.Sqrt(a.Sum(t => Floats(t.Value).Zip(Floats(b[t.Key])).Sum(p => Math.Pow(p.First - (double)p.Second, 2))));

    private static IEnumerable<float> Floats(byte[] bytes) => Enumerable.Range(0, bytes.Length / 4).Select(i => BitConverter.ToSingle(bytes, 4 * i));
}
