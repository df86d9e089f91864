namespace LisaOrleans.Grains.Tests;

/// <summary>The optimizers that a run may choose, on grains.</summary>
public sealed class OptimTests
{
    [Theory]
    [InlineData("adamw-8bit", "exp_avg|exp_avg_sq|exp_avg_absmax|exp_avg_sq_absmax")]
    [InlineData("muon", "momentum_buffer")]
    [InlineData("galore", "exp_avg|exp_avg_sq|projection")]
    [InlineData("apollo", "exp_avg|exp_avg_sq|projection|update_norm")]
    public async Task Optim_saves_its_own_state_and_resumes_to_the_same_bytes(string optim, string tensors)
    {
        var spec = TinyStories.Spec(6) with
        {
            Optim = optim,
            LisaStrategy = "fixed",
            LisaFixedLayers = [2],
            LisaIntervalSteps = 6,
            SaveSteps = 100,
        };
        using var straight = await TestRun.TrainAsync(spec);
        var losses = (await straight.HistoryAsync()).Select(r => r.Loss).ToArray();
        Assert.All(losses, loss => Assert.True(double.IsFinite(loss)));

        using var broken = await TestRun.ImportAsync(spec);
        await broken.ContinueAsync(pauseAt: 3);
        var names = (await broken.StateNamesAsync("layer-2")).Where(n => n.Contains("mlp.up_proj", StringComparison.Ordinal));
        Assert.Equal(
            tensors.Split('|').Append("master").Select(t => $"model.layers.2.mlp.up_proj.weight.{t}").Order(StringComparer.Ordinal),
            names.Order(StringComparer.Ordinal));
        await broken.FinishAsync();

        Assert.Equal(losses, (await broken.HistoryAsync()).Select(r => r.Loss));
        Assert.Equal(await straight.WeightsShaAsync(), await broken.WeightsShaAsync());
    }

    [Fact]
    public async Task Optim_of_each_kind_comes_to_other_weights_and_learns()
    {
        var spec = TinyStories.Spec(12) with { LearningRate = 1e-3, LrSchedulerType = "constant" };
        HashSet<string> weights = [];
        foreach (var optim in (string[])["adamw", "adamw-8bit", "muon", "galore", "apollo"])
        {
            using var run = await TestRun.TrainAsync(spec with { Optim = optim });
            var losses = (await run.HistoryAsync()).Select(r => r.Loss).ToArray();
            Assert.True(losses.TakeLast(3).Average() < losses.Take(3).Average(), $"{optim}: {string.Join(' ', losses)}");
            Assert.True(weights.Add(await run.WeightsShaAsync()), optim);
        }
    }
}
