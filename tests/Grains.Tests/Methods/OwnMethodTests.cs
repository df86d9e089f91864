using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>
/// docs/add-a-method.md in practice: a sampler, a method and an optimizer of one's own are a file and a line each, and train like
/// any other.
/// </summary>
public sealed class OwnMethodTests
{
    static OwnMethodTests()
    {
        LayerSamplers.All.Add(new EverySecondSampler());
        Methods.All.Add(new LastLayersMethod());
        Optimizers.All.Add(new NamedOptimizer("lion", spec => new Lion(spec.AdamBeta1, spec.AdamBeta2, spec.WeightDecay)));
    }

    [Fact]
    public async Task Add_sampler_decides_what_trains_and_resumes_to_the_same_bytes()
    {
        var spec = TinyStories.Spec(8) with { LisaStrategy = "every-second", LisaActivatedLayers = 3, LisaIntervalSteps = 2 };
        using var straight = await TestRun.TrainAsync(spec);
        Assert.Equal(
            ["0,2,4", "0,2,4", "1,3,5", "1,3,5", "0,2,4", "0,2,4", "1,3,5", "1,3,5"],
            (await straight.HistoryAsync()).Select(r => string.Join(',', r.ActiveLayers)));

        using var broken = await TestRun.ImportAsync(spec);
        await broken.ContinueAsync(pauseAt: 3);
        await broken.FinishAsync();
        Assert.Equal(await straight.WeightsShaAsync(), await broken.WeightsShaAsync());
    }

    [Fact]
    public async Task Add_method_changes_only_the_parts_that_it_names()
    {
        using var run = await TestRun.TrainAsync(TinyStories.Spec(4) with { Method = "last-layers", LisaActivatedLayers = 2 });
        var (before, after) = (TestRun.ReadWeights(TinyStories.Model), await run.WeightsAsync());
        var changed = before.Keys.Where(name => !before[name].AsSpan().SequenceEqual(after[name]));
        Assert.Equal(
            before.Keys.Where(n => n.Contains(".layers.4.", StringComparison.Ordinal) || n.Contains(".layers.5.", StringComparison.Ordinal))
                .Order(), changed.Order());
    }

    [Fact]
    public async Task Add_optimizer_names_its_saved_tensors_and_resumes_to_the_same_bytes()
    {
        var spec = TinyStories.Spec(5) with { Method = "last-layers", LisaActivatedLayers = 1, SaveSteps = 100 };
        using var straight = await TestRun.TrainAsync(spec);
        using var broken = await TestRun.ImportAsync(spec);
        await broken.ContinueAsync(
            pauseAt: 2, during: async run => Assert.Equal("the last 1 layers, by Lion", (await run.GetStatus()).Method));
        var names = await broken.StateNamesAsync("layer-5");
        Assert.NotEmpty(names);
        Assert.All(names, n => Assert.Matches(@"^model\.layers\.5\..+\.(master|exp_avg)$", n));
        await broken.FinishAsync();
        Assert.Equal(await straight.WeightsShaAsync(), await broken.WeightsShaAsync());
    }

    [Theory]
    [InlineData("Lion.cs")]
    [InlineData("EverySecondSampler.cs")]
    [InlineData("LastLayersMethod.cs")]
    public async Task Methods_files_of_the_example_are_shown_on_the_page(string file)
    {
        var token = TestContext.Current.CancellationToken;
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "add-a-method.md"), token);
        var code = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "tests", "Grains.Tests", "Methods", file), token);
        Assert.Contains(code[code.IndexOf("/// <summary>", StringComparison.Ordinal)..].TrimEnd(), page, StringComparison.Ordinal);
    }

    [Fact]
    public void Add_name_that_is_taken_or_unknown_is_refused()
    {
        Assert.Contains(
            "'uniform' already", Assert.Throws<ArgumentException>(() => LayerSamplers.All.Add(new Taken())).Message, StringComparison.Ordinal);
        Assert.Contains("there are lisa, full", Assert.Throws<ArgumentException>(() => Methods.All["ia3"]).Message, StringComparison.Ordinal);
    }

    private sealed class Taken : ILayerSampler
    {
        public string Name => "uniform";

        public IReadOnlyList<int> Select(SamplingTurn turn) => [];
    }
}
