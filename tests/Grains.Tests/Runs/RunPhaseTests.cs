namespace LisaOrleans.Grains.Tests;

public sealed class RunPhaseTests
{
    // Whose store could not be told that it succeeded, or that it paused itself, has nothing to be stopped.
    [Theory]
    [InlineData(RunState.Paused, "no space", false, nameof(RunWish.Pause), false)]
    [InlineData(RunState.Paused, "no space", false, nameof(RunWish.Cancel), true)]
    [InlineData(RunState.Paused, null, false, nameof(RunWish.Pause), true)]
    [InlineData(RunState.Succeeded, null, false, nameof(RunWish.Cancel), false)]
    [InlineData(RunState.Failed, "gone", false, nameof(RunWish.Pause), true)]
    [InlineData(RunState.Failed, "gone", true, nameof(RunWish.Pause), false)]
    [InlineData(RunState.Failed, "gone", true, nameof(RunWish.Cancel), true)]
    [InlineData(RunState.Paused, null, true, nameof(RunWish.Cancel), true)]
    [InlineData(RunState.Paused, null, true, nameof(RunWish.Pause), false)]
    [InlineData(RunState.Running, null, true, nameof(RunWish.Pause), true)]
    public void LeavesOpen_stop_that_is_still_to_be_stored(RunState state, string? reason, bool isStored, string wish, bool expected) =>
        Assert.Equal(expected, new RunPhase.Ended(state, reason, isStored).LeavesOpen(Enum.Parse<RunWish>(wish), isAlone: false));
}
