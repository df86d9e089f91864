namespace LisaOrleans.Training.Tests;

public sealed class RunScheduleTests
{
    private static TrainingSpec Spec(string strategy) =>
        TinyStories.Spec(100) with { LisaStrategy = strategy, LisaActivatedLayers = 2, LisaIntervalSteps = 3 };

    [Theory]
    [InlineData("uniform")]
    [InlineData("round-robin")]
    [InlineData("reshuffled")]
    [InlineData("weighted")]
    [InlineData("gradient-norm")]
    public void Plan_of_a_period_is_the_same_before_it_within_it_and_after_the_schedule_is_made_anew(string strategy)
    {
        var spec = Spec(strategy);
        var schedule = new RunSchedule(spec, TinyStories.Config);
        var records = new List<StepRecord>();
        for (var step = 1; step <= 60; step++)
        {
            var period = Methods.PeriodOf(spec, step);
            var layers = schedule.Plan(period)!.Layers;
            if (step % 3 != 1) Assert.Equal(records[^1].ActiveLayers, layers);

            // As whoever takes up the run after a failure sees it.
            var anew = new RunSchedule(spec, TinyStories.Config);
            foreach (var known in records) anew.Add(known);
            Assert.Equal(layers, anew.Plan(period)!.Layers);

            records.Add(Record(step, layers));
            schedule.Add(records[^1]);
        }

        var told = schedule.Look(past: 5, coming: 2);
        Assert.Equal(60, told.Step);
        Assert.Equal([15, 16, 17, 18, 19], told.Past.Select(p => p.Period));
        Assert.All(told.Past, p => Assert.Equal(records[(int)p.FirstStep - 1].ActiveLayers, p.Layers));
        Assert.Equal((20L, 61L, 63L), (told.Now!.Period, told.Now.FirstStep, told.Now.LastStep!.Value));
        Assert.Equal(strategy is "weighted" or "gradient-norm" ? 0 : 2, told.Coming.Count);
        Assert.Equal(60 * 2, told.Layers.Sum(l => l.Steps));
        Assert.All(told.Layers.Where(l => l.Steps > 0), l => Assert.Equal(l.Layer + 1, l.MeanGradNorm!.Value, 1e-12));
    }

    [Theory]
    [InlineData("weighted")]
    [InlineData("gradient-norm")]
    public void Plan_that_learns_comes_to_prefer_the_layers_with_the_larger_gradients(string strategy)
    {
        var spec = Spec(strategy) with { LisaIntervalSteps = 1 };
        var schedule = new RunSchedule(spec, TinyStories.Config);
        for (var step = 1; step <= 3000; step++) schedule.Add(Record(step, schedule.Plan(step - 1)!.Layers));
        var steps = schedule.Look(0, 0).Layers.Select(l => l.Steps).ToArray();
        Assert.Equal(steps.Order(), steps);
        Assert.True(steps[^1] > 2 * steps[0], string.Join(' ', steps));
    }

    [Fact]
    public void Plan_of_a_period_that_depends_on_later_steps_is_not_known_yet()
    {
        var schedule = new RunSchedule(Spec("weighted"), TinyStories.Config);
        Assert.NotNull(schedule.Plan(0));
        Assert.Null(schedule.Plan(1));
    }

    [Fact]
    public void Look_at_full_fine_tuning_is_one_period_without_an_end()
    {
        var schedule = new RunSchedule(TinyStories.Spec(9) with { Method = TrainingMethods.Full }, TinyStories.Config);
        schedule.Add(Record(1, [0, 1, 2, 3, 4, 5]));
        var told = schedule.Look(10, 10);
        Assert.Equal((0L, 1L, (long?)null), (told.Now!.Period, told.Now.FirstStep, told.Now.LastStep));
        Assert.Equal((0, 0), (told.Past.Count, told.Coming.Count));
    }

    [Fact]
    public void Add_of_a_step_out_of_order_throws()
    {
        var schedule = new RunSchedule(Spec("uniform"), TinyStories.Config);
        Assert.Throws<ArgumentException>(() => schedule.Add(Record(2, [0])));
    }

    // Layer i has gradients of norm i + 1.
    private static StepRecord Record(long step, IReadOnlyList<int> layers) => new()
    {
        Step = step,
        Loss = 1,
        LearningRate = 1,
        GradNorm = 1,
        Epoch = 0,
        ActiveLayers = layers,
        LayerGradNorms = [.. layers.Select(l => l + 1.0)],
        Tokens = 1,
        Samples = [],
        Seconds = 1,
    };
}
