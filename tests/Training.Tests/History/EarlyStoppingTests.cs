namespace LisaOrleans.Training.Tests;

/// <summary>When a run ends early, against transformers' EarlyStoppingCallback, worked out by hand.</summary>
public sealed class EarlyStoppingTests
{
    [Theory]
    [InlineData(2, 0, "5 4 3 2 1", 0)]
    [InlineData(2, 0, "5 4 4 4 1", 4)]
    [InlineData(1, 0, "5 6", 2)]
    [InlineData(3, 0, "5 6 4 6 6 3 4 4 4", 9)]

    // 4.8 is better than 5, but not by enough; the next is measured against 4.8, as the callback does.
    [InlineData(2, 0.5, "5 4.8 4.4 4", 3)]
    [InlineData(2, 0.5, "5 4.8 4.2 3.9 3.8", 5)]
    [InlineData(2, 0, "5 5 5", 3)]
    public void IsDue_evaluations_end_the_run_when_the_callback_would(int patience, double threshold, string losses, int endsAt)
    {
        var spec = new TrainingSpec { RunName = "r", EarlyStoppingPatience = patience, EarlyStoppingThreshold = threshold };
        Assert.Equal(endsAt, EndsAt(spec, losses));
        Assert.Equal(0, EndsAt(spec with { EarlyStoppingPatience = 0 }, losses));
    }

    [Fact]
    public void IsDue_greater_is_better_waits_for_greater_ones()
    {
        var spec = new TrainingSpec { RunName = "r", EarlyStoppingPatience = 2, GreaterIsBetter = true };
        Assert.Equal(3, EndsAt(spec, "5 4 3"));
        Assert.Equal(0, EndsAt(spec, "3 4 5"));
    }

    [Fact]
    public void IsDue_step_without_an_evaluation_does_not_end_the_run()
    {
        var spec = new TrainingSpec { RunName = "r", EarlyStoppingPatience = 1 };
        StepRecord[] records = [Record(1, 5), Record(2, 6), Record(3, null)];
        Assert.True(EarlyStopping.IsDue(spec, records[..2]));
        Assert.False(EarlyStopping.IsDue(spec, records));
    }

    // 0 where it never does.
    private static int EndsAt(TrainingSpec spec, string losses)
    {
        var records = new List<StepRecord>();
        foreach (var loss in losses.Split(' '))
        {
            records.Add(Record(records.Count + 1, double.Parse(loss, System.Globalization.CultureInfo.InvariantCulture)));
            if (EarlyStopping.IsDue(spec, records)) return records.Count;
        }

        return 0;
    }

    private static StepRecord Record(long step, double? evalLoss) => new()
    {
        Step = step,
        Loss = 1,
        LearningRate = 1,
        GradNorm = 1,
        Epoch = 1,
        ActiveLayers = [],
        Tokens = 1,
        Samples = [],
        Seconds = 1,
        EvalLoss = evalLoss,
    };
}
