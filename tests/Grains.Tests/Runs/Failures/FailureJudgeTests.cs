using LisaOrleans.Checkpoints;
using LisaOrleans.Training;
using Microsoft.Extensions.Time.Testing;

namespace LisaOrleans.Grains.Tests;

public sealed class FailureJudgeTests
{
    private readonly FakeTimeProvider _time = new();

    public static TheoryData<Exception, string> Failures => new()
    {
        { new StaleGenerationException("run", 1, 2), nameof(FailureAction.GiveWay) },
        { new RunEndedException("run", RunState.Paused, 3, "trained"), nameof(FailureAction.Stop) },
        { new QueuedException(), nameof(FailureAction.WaitForSilos) },
        { new NoRoomException("too large"), nameof(FailureAction.WaitForRoom) },
        { new StoreRefusedException("full"), nameof(FailureAction.Pause) },
        { new TrainingDivergedException(1, double.NaN), nameof(FailureAction.Fail) },
        { new BlobMissingException("ab", "store"), nameof(FailureAction.Fail) },
        { new BlobCorruptException("ab", "store"), nameof(FailureAction.Fail) },
        { new InvalidDataFileException("file", "wrong"), nameof(FailureAction.Fail) },
        { new IOException("away"), nameof(FailureAction.Retry) },
        { new TimeoutException(), nameof(FailureAction.Retry) },
        { new StaleGenerationCallException("layer-0", 1, 2), nameof(FailureAction.Retry) },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public void Decide_takes_each_kind_of_failure_in_its_own_way(Exception failure, string action)
    {
        var decision = new FailureJudge(FailurePolicy.Default, _time).Decide(failure, step: 3, began: 0);

        Assert.Equal(action, decision.Action.ToString());
        Assert.Equal(failure.Message, decision.Reason);
    }

    [Fact]
    public void Decide_gives_up_only_what_failed_often_and_long_without_a_new_step()
    {
        var judge = new FailureJudge(FailurePolicy.Default, _time);
        var decisions = new List<FailureDecision>();
        for (var i = 0; i < 20; i++)
        {
            decisions.Add(judge.Decide(new IOException("away"), step: 4, began: 0));
            _time.Advance(TimeSpan.FromSeconds(10));
        }

        // The 20th comes after 190 s, the 19th after three minutes to the second.
        Assert.All(decisions.Take(19), d => Assert.Equal(FailureAction.Retry, d.Action));
        Assert.Equal((FailureAction.Fail, "step 5 failed 20 times in a row: away"), (decisions[^1].Action, decisions[^1].Reason));
        Assert.Equal([0.1, 0.2, 0.4, 0.8, 1.6, 2, 2], decisions.Take(7).Select(d => d.Pause.TotalSeconds));
    }

    [Fact]
    public void Decide_goes_on_for_ever_where_steps_are_committed_in_between()
    {
        var judge = new FailureJudge(FailurePolicy.Default, _time);
        for (var step = 0; step < 100; step++)
        {
            _time.Advance(TimeSpan.FromMinutes(2));
            Assert.Equal(FailureAction.Retry, judge.Decide(new IOException("away"), step, began: step).Action);
        }
    }

    // Each generation loses a silo before the next manifest.
    [Fact]
    public void Decide_goes_on_where_generations_repeat_steps_and_fail_earlier_each_time()
    {
        var judge = new FailureJudge(FailurePolicy.Default, _time);
        for (var step = 300; step > 0; step -= 10)
        {
            _time.Advance(TimeSpan.FromMinutes(5));
            Assert.Equal(FailureAction.Retry, judge.Decide(new IOException("away"), step, began: 0).Action);
        }
    }

    // A step takes 20 s, and of six silos one is at fault; each is left out after three failures.
    [Fact]
    public void Decide_gives_up_only_when_each_silo_has_been_left_out()
    {
        var judge = new FailureJudge(FailurePolicy.Default, _time);
        for (var silo = 0; silo < 6; silo++) Assert.All(Round(isNews: true), d => Assert.Equal(FailureAction.Retry, d.Action));
        for (var round = 0; round < 3; round++) Assert.All(Round(isNews: false), d => Assert.Equal(FailureAction.Retry, d.Action));
        Assert.Equal(FailureAction.Fail, Round(isNews: false)[0].Action);

        FailureDecision[] Round(bool isNews)
        {
            IOException failure = new("away");
            return [.. new Exception[] { failure, failure, new SiloFailedException(["s"], failure) { IsNews = isNews } }.Select(e =>
            {
                _time.Advance(TimeSpan.FromSeconds(20));
                return judge.Decide(e, step: 4, began: 4);
            })];
        }
    }

    [Theory]
    [InlineData(40, 40, 7)]
    [InlineData(40, 0, 8)]
    public void Decide_gives_up_what_only_loads_or_fails_at_one_step(long step, long began, int retries)
    {
        var judge = new FailureJudge(FailurePolicy.Default, _time);
        judge.Decide(new IOException("away"), step: 50, began: 0);
        for (var failure = 0; failure < retries; failure++)
        {
            _time.Advance(TimeSpan.FromMinutes(5));
            Assert.Equal(FailureAction.Retry, judge.Decide(new IOException("away"), step, began).Action);
        }

        Assert.Equal(FailureAction.Fail, judge.Decide(new IOException("away"), step, began).Action);
    }

    [Fact]
    public void Decide_waits_for_room_until_patience_ends_and_counts_anew_after_a_generation_that_trained()
    {
        var judge = new FailureJudge(FailurePolicy.Default, _time);
        _time.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal(FailureAction.WaitForRoom, Decide());
        judge.Succeeded();
        _time.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal(FailureAction.WaitForRoom, Decide());
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(FailureAction.Fail, Decide());

        FailureAction Decide() => judge.Decide(new NoRoomException("too large"), step: 0, began: 0).Action;
    }

    [Fact]
    public void Decide_waits_for_silos_for_ever_and_then_for_room_as_long_as_ever()
    {
        var judge = new FailureJudge(FailurePolicy.Default, _time);
        for (var minute = 0; minute < 15; minute++)
        {
            Assert.Equal(FailureAction.WaitForSilos, judge.Decide(new QueuedException(), step: 0, began: 0).Action);
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(FailureAction.WaitForRoom, Decide());
        _time.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal(FailureAction.Fail, Decide());

        FailureAction Decide() => judge.Decide(new NoRoomException("too large"), step: 0, began: 0).Action;
    }
}
