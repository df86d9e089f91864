using LisaOrleans.Checkpoints;

namespace LisaOrleans.Grains.Tests;

public sealed class OrphanSignsTests
{
    [Fact]
    public void Show_run_that_has_ended_or_gone_on_without_the_part_is_a_sign_when_it_is_seen_twice()
    {
        Assert.Equal([false, true], Seen(Head(3, RunHeadStates.Cancelled), Head(3, RunHeadStates.Cancelled)));
        Assert.Equal([false, true], Seen(Head(4, RunHeadStates.Running), Head(4, RunHeadStates.Running)));
        Assert.Equal([false, false, true], Seen(Head(4, RunHeadStates.Running), Head(5, RunHeadStates.Running), Head(5, RunHeadStates.Paused)));
        Assert.Equal([true], Seen([null]));
    }

    [Fact]
    public void Show_run_that_works_or_begins_to_is_none()
    {
        Assert.Equal([false, false], Seen(Head(3, RunHeadStates.Running), Head(3, RunHeadStates.Running)));
        Assert.Equal([false, false], Seen(Head(2, RunHeadStates.Paused), Head(2, RunHeadStates.Paused)));
        Assert.Equal(
            [false, false, false], Seen(Head(3, RunHeadStates.Paused), Head(3, RunHeadStates.Running), Head(3, RunHeadStates.Paused)));
    }

    // By a part of generation 3.
    private static bool[] Seen(params RunHead?[] heads)
    {
        var signs = new OrphanSigns();
        return [.. heads.Select(h => signs.Show(h, 3))];
    }

    private static RunHead Head(long generation, string state) => new("run", generation, 0, null, state);
}
