using Microsoft.Extensions.Logging;

namespace LisaOrleans.Grains;

/// <summary>
/// The reminder that wakes a run when its silo has died. The storage of reminders may lose them all, and the run would then sleep
/// for a minute after the next such death; so while the run is worked on, this checks that its reminder is still there.
/// </summary>
internal sealed class RunReminder(Grain run, string name, ILogger logger)
{
    private const string Reminder = "wake";

    private static readonly TimeSpan s_wakePeriod = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_lookPeriod = TimeSpan.FromSeconds(5);

    private IGrainTimer? _looking;

    /// <summary>Lets the run be woken from now on.</summary>
    public async Task Register()
    {
        await run.RegisterOrUpdateReminder(Reminder, s_wakePeriod, s_wakePeriod);
        _looking ??= run.RegisterGrainTimer(
            Look, new GrainTimerCreationOptions { DueTime = s_lookPeriod, Period = s_lookPeriod, Interleave = true });
    }

    /// <summary>Lets the run sleep from now on.</summary>
    public async Task Forget()
    {
        _looking?.Dispose();
        _looking = null;
        try
        {
            if (await run.GetReminder(Reminder) is { } reminder) await run.UnregisterReminder(reminder);
        }
        catch (Exception e)
        {
            // It will wake the run once more; the run then sees in the store that there is nothing to do.
            RunLog.NotForgotten(logger, e, name);
        }
    }

    private async Task Look(CancellationToken cancellationToken)
    {
        try
        {
            if (await run.GetReminder(Reminder, cancellationToken) is not null || _looking is null) return;
            await run.RegisterOrUpdateReminder(Reminder, s_wakePeriod, s_wakePeriod, cancellationToken);
            RunLog.Reminded(logger, name);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // The storage of reminders does not answer now; the next look will tell.
            RunLog.NotReminded(logger, name, e.Message);
        }
    }
}
