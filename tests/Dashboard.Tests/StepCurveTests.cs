namespace LisaOrleans.Dashboard.Tests;

/// <summary>Curves and maps of runs that are too long to be shown step by step.</summary>
public sealed class StepCurveTests
{
    [Fact]
    public void RunView_time_left_is_by_the_pace_of_the_run()
    {
        var status = new RunStatus { Run = "r", State = RunState.Running, Step = 4, TotalSteps = 10, SecondsPerStep = 8 };
        Assert.Equal((0.125, 48.0), (new RunView(status, null).StepsPerSecond, new RunView(status, null).SecondsLeft));
        Assert.Null(new RunView(status, "is not answering right now").SecondsLeft);
        Assert.Null(new RunView(status with { State = RunState.Paused }, null).SecondsLeft);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(StepCurve.Capacity)]
    [InlineData(StepCurve.Capacity + 1)]
    [InlineData(123_457)]
    public void StepCurve_any_number_of_steps_stays_small_and_forgets_no_extreme(int steps)
    {
        var curve = new StepCurve();
        for (var step = 1; step <= steps; step++) curve.Add(Record(step));

        Assert.InRange(curve.Points.Count, Math.Min(steps, StepCurve.Capacity / 2), StepCurve.Capacity);
        Assert.Equal(steps, curve.Points.Sum(p => p.Last - p.First + 1));
        Assert.Equal(steps, curve.Points[^1].Last);
        for (var i = 1; i < curve.Points.Count; i++) Assert.Equal(curve.Points[i - 1].Last + 1, curve.Points[i].First);
        Assert.Equal(Enumerable.Range(1, steps).Select(Loss).Max(), curve.Points.Max(p => p.High));
        Assert.Equal(Enumerable.Range(1, steps).Select(Loss).Min(), curve.Points.Min(p => p.Low));
        Assert.Equal(Enumerable.Range(1, steps).Average(Loss), curve.Points.Sum(p => p.LossSum) / steps, 9);
        Assert.Equal(steps / 100, curve.Points.Select(p => p.EvalStep).Max() is { } last ? last / 100 : 0);
    }

    [Fact]
    public void StepCurve_rewards_are_means_over_the_steps_of_a_point()
    {
        var curve = new StepCurve();
        for (var step = 1; step <= StepCurve.Capacity + 1; step++)
            curve.Add(Record(step) with { Rewards = new PairRewards(step, step % 2 == 0 ? -1 : -3, step % 2) });

        Assert.Equal(new PairRewards(1.5, -2, 0.5), curve.Points[0].Rewards);
        Assert.Equal(3.5, curve.Points[0].Rewards!.Margins);
        Assert.Equal(new PairRewards(StepCurve.Capacity + 1, -3, 1), curve.Points[^1].Rewards);
    }

    [Fact]
    public void LayerMap_many_periods_stay_small_and_are_all_counted()
    {
        const int Layers = 5;
        const int Periods = 10_000;
        var map = new LayerMap(Layers);
        for (var period = 0; period < Periods; period++)
        {
            // Every step of a period says the same, and counts once.
            map.Add(period, [period % Layers]);
            map.Add(period, [period % Layers]);
        }

        Assert.InRange(map.Columns.Count, LayerMap.Capacity / 2, LayerMap.Capacity);
        for (var layer = 0; layer < Layers; layer++) Assert.Equal(Periods / Layers, map.Columns.Sum(c => c.Counts[layer]));
    }

    [Fact]
    public void EventLog_many_manifests_push_out_nothing_else()
    {
        var log = new EventLog();
        log.Add(new RunRecovering(7, 6, "a silo died") { Position = new EventPosition(6, 1) });
        for (var i = 2; i < 5000; i++) log.Add(new ManifestSaved(i, 10, 0.5) { Position = new EventPosition(i, i) });

        Assert.Equal(4998, log.Manifests);
        Assert.Equal(49_980, log.ManifestBytes);
        Assert.Equal(2499, log.StallSeconds);
        var kept = log.After(0);
        Assert.IsType<RunRecovering>(kept[0]);
        Assert.InRange(kept.Count, 2, 1000);
        Assert.Equal([4998, 4999], log.After(4997).Select(e => e.Position.Entry));
    }

    private static double Loss(int step) => 3 + Math.Sin(step * 0.37);

    private static StepRecord Record(int step) => new()
    {
        Step = step,
        Loss = Loss(step),
        LearningRate = 1e-3,
        GradNorm = 1,
        Epoch = 0,
        ActiveLayers = [],
        Tokens = 10,
        Samples = [],
        Seconds = 0.1,
        EvalLoss = step % 100 == 0 ? 1 : null,
    };
}
