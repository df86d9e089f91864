namespace LisaOrleans.Cluster.Tests;

/// <summary>What every watcher of a run is promised.</summary>
internal static class EventOrder
{
    /// <summary>Each step from the first to the last once and in order, each journal entry once and in order, and one end.</summary>
    public static void AssertWhole(IReadOnlyList<TrainingEvent> events, long steps)
    {
        Assert.Equal(Enumerable.Range(1, (int)steps).Select(i => (long)i), events.OfType<StepCompleted>().Select(s => s.Record.Step));
        var entries = events.Where(e => e is not StepCompleted).Select(e => e.Position.Entry).ToArray();
        Assert.Equal(Enumerable.Range(1, entries.Length).Select(i => (long)i), entries);
        for (var i = 0; i < events.Count; i++)
        {
            var before = i == 0 ? EventPosition.Start : events[i - 1].Position;
            Assert.Equal(before.Step + before.Entry + 1, events[i].Position.Step + events[i].Position.Entry);
        }

        Assert.Equal(RunState.Succeeded, Assert.IsType<RunEnded>(events[^1]).State);
        Assert.Equal(events[^1], events.OfType<RunEnded>().Single(e => e.State == RunState.Succeeded));
    }
}
