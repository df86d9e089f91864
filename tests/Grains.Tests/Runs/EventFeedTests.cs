namespace LisaOrleans.Grains.Tests;

public sealed class EventFeedTests
{
    private static readonly TrainingEvent[] s_entries =
    [
        Entry(new RunStarted(0, 9, 1), step: 0), Entry(new ManifestSaved(3, 1, 0), step: 3), Entry(new RunRecovering(6, 3, "lost"), step: 3),
    ];

    [Fact]
    public void Next_entries_come_after_the_step_that_they_belong_to() => Assert.Equal(
        ["0 RunStarted", "1 step", "2 step", "3 step", "3 ManifestSaved", "3 RunRecovering", "4 step"], Read(EventPosition.Start, steps: 4));

    [Fact]
    public void Next_recovery_does_not_repeat_steps() =>
        Assert.Equal(["5 RunRecovering", "6 step"], Read(new EventPosition(5, 2), steps: 6));

    [Fact]
    public void Next_repeated_steps_only_what_is_new_is_sent() =>
        Assert.Equal(["5 RunRecovering"], Read(new EventPosition(5, 2), steps: 3));

    [Fact]
    public void Next_all_sent_returns_nothing() => Assert.Empty(Read(new EventPosition(4, 3), steps: 4));

    private static TrainingEvent Entry(TrainingEvent entry, long step) => entry with { Position = new EventPosition(step, 0) };

    private static List<string> Read(EventPosition after, int steps)
    {
        var records = Enumerable.Range(1, steps).Select(i => new StepRecord
        {
            Step = i,
            Loss = 1,
            LearningRate = 1,
            GradNorm = 1,
            Epoch = 1,
            ActiveLayers = [],
            Tokens = 1,
            Samples = [],
            Seconds = 1,
        }).ToArray();
        var told = new List<string>();
        while (EventFeed.Next(after, records, s_entries) is { } next)
        {
            after = next.Position;
            told.Add($"{after.Step} {(next is StepCompleted ? "step" : next.GetType().Name)}");
        }

        return told;
    }
}
