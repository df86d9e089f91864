namespace LisaOrleans.Grains;

/// <content>How it goes to another silo where this one does not reach the store.</content>
internal sealed partial class RunGrain
{
    private async Task Leave(bool goesOn)
    {
        // Its reminder wakes it there.
        if (!goesOn || !await reach.MoveAway(this)) DeactivateOnIdle();
    }

    // Else whoever calls next would be refused here again. A stop that the store could not be told of is known here alone.
    private async Task OrElsewhere(Task call)
    {
        try
        {
            await call;
        }
        catch when (!AtWork && _life.Phase is not RunPhase.Ended { IsUnstoredStop: true })
        {
            await reach.MoveAway(this);
            throw;
        }
    }
}
