using System.Text.Json;
using LisaOrleans.Training;

namespace LisaOrleans.Cli.Tests;

/// <summary>The times in a run's log: what lies between two steps counts, but not the time in which nobody worked on the run.</summary>
public sealed class TrainerLogTests
{
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // Each step takes a second, and is followed by six of evaluation. After the third, the run is paused for a day.
    [Fact]
    public async Task RewriteAsync_and_Append_count_evaluations_but_no_pauses()
    {
        using var folder = new TempFolder();
        using var log = new TrainerLog(folder.Root);
        TrainingEvent[] journal =
        [
            new RunStarted(0, 10, 1) { Time = s_start },
            new RunEnded(RunState.Paused, 3, null) { Time = s_start.AddSeconds(26) },
            new RunStarted(3, 10, 2) { Time = s_start.AddDays(1) },
        ];
        StepRecord[] steps = [Step(1, s_start.AddSeconds(5)), Step(2, s_start.AddSeconds(12)), Step(3, s_start.AddSeconds(19))];
        await log.RewriteAsync(steps, journal, Token);
        log.Append(new StepCompleted(Step(4, s_start.AddDays(1).AddSeconds(3))));
        log.Append(new StepCompleted(Step(5, s_start.AddDays(1).AddSeconds(10))));

        // What comes before the first step of all, or of a generation, does not come again.
        (double, double)[] expected = [(5, 9), (12, 56), (19, 49), (29, 42), (36, 35)];
        Assert.Equal(expected, await TimesAsync(folder));

        // At the end, all lines are written once more, of the run's store.
        await log.RewriteAsync([.. steps, Step(4, s_start.AddDays(1).AddSeconds(3)), Step(5, s_start.AddDays(1).AddSeconds(10))], journal, Token);
        Assert.Equal(expected, await TimesAsync(folder));
        log.Append(new RunEnded(RunState.Succeeded, 5, null) { Time = s_start.AddDays(1).AddSeconds(20) });
        Assert.Equal(46, log.Pace.Elapsed);
    }

    // A fork begins with the steps of its origin, whose pauses are not known; older builds knew no times.
    [Fact]
    public void SecondsPerStep_steps_before_the_first_start_count_by_their_own_time()
    {
        StepRecord[] steps = [Step(1, default), Step(2, s_start), Step(3, s_start.AddDays(1)), Step(4, s_start.AddDays(2))];
        var pace = StepPace.Of(steps, [new RunStarted(3, 10, 1) { Time = s_start.AddDays(1).AddSeconds(1) }]);
        Assert.Equal(1.0, pace.SecondsPerStep);
        Assert.Equal(4 + TimeSpan.FromDays(1).TotalSeconds - 2, pace.Elapsed);
    }

    private static async Task<IReadOnlyList<(double Elapsed, double Remaining)>> TimesAsync(TempFolder folder)
    {
        using var reader = new StreamReader(new FileStream(folder["trainer_log.jsonl"], FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        var times = new List<(double, double)>();
        while (await reader.ReadLineAsync(Token) is { } line)
        {
            using var json = JsonDocument.Parse(line);
            times.Add((json.RootElement.GetProperty("elapsed").GetDouble(), json.RootElement.GetProperty("remaining").GetDouble()));
        }

        return times;
    }

    private static StepRecord Step(long step, DateTimeOffset time) => new()
    {
        Step = step,
        Loss = 1,
        LearningRate = 1e-3,
        GradNorm = 1,
        Epoch = 0.1,
        ActiveLayers = [0],
        Tokens = 10,
        Samples = [0],
        Seconds = 1,
        Time = time,
    };
}
