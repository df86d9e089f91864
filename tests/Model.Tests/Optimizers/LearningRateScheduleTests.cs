namespace LisaOrleans.Model.Tests;

public sealed class LearningRateScheduleTests
{
    // Values of transformers' get_*_schedule_with_warmup(warmup 4, total 10) times 1e-3, at updates 0, 2, 4, 7, 9.
    [Theory]
    [InlineData("constant_with_warmup", new[] { 0, 5e-4, 1e-3, 1e-3, 1e-3 })]
    [InlineData("linear", new[] { 0, 5e-4, 1e-3, 5e-4, 1e-3 / 6 })]
    [InlineData("cosine", new[] { 0, 5e-4, 1e-3, 5e-4, 6.698729810778065e-5 })]
    public void At_each_type_gives_the_rates_of_transformers(string type, double[] expected)
    {
        var schedule = new LearningRateSchedule(type, 1e-3, 4, 10);
        Assert.Equal(expected, new long[] { 1, 3, 5, 8, 10 }.Select(schedule.At), (a, b) => Math.Abs(a - b) < 1e-15);
    }

    // Hugging Face's constant has no warm-up.
    [Fact]
    public void At_constant_of_a_run_that_an_older_build_began_with_warmup_rises() => Assert.Equal(
        new[] { 0, 5e-4, 1e-3, 1e-3, 1e-3 }, new long[] { 1, 3, 5, 8, 10 }.Select(new LearningRateSchedule("constant", 1e-3, 4, 10).At));

    [Fact]
    public void At_no_warmup_the_first_step_has_the_full_rate() =>
        Assert.Equal(2e-5, new LearningRateSchedule("linear", 2e-5, 0, 100).At(1));

    [Fact]
    public void WarmupSteps_ratio_is_rounded_up() => Assert.Equal(4, LearningRateSchedule.WarmupSteps(0, 0.03, 101));

    [Fact]
    public void LearningRateSchedule_unknown_type_is_refused_with_the_known_ones() =>
        Assert.Contains(
            "cosine", Assert.Throws<ArgumentException>(() => new LearningRateSchedule("step", 1, 0, 1)).Message, StringComparison.Ordinal);
}
