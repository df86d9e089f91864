using Microsoft.Extensions.Logging;

namespace LisaOrleans.Grains;

/// <summary>
/// The reminder that wakes a run where its silo died. Where reminders are kept may lose them all, and the run would then sleep
/// for a minute after the next death, so it is looked for while the run is worked on.
/// </summary>
internal sealed class RunReminder(Grain run, string name, ILogger logger)
{
    private const string Reminder = "wake";

    private static readonly TimeSpan s_wakePeriod = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_lookPeriod = TimeSpan.FromSeconds(5);

    private IGrainTimer? _looking;

    /// <summary>From now on the run is to be woken.</summary>
    public async Task Register()
    {
        await run.RegisterOrUpdateReminder(Reminder, s_wakePeriod, s_wakePeriod);
        _looking ??= run.RegisterGrainTimer(
            Look, new GrainTimerCreationOptions { DueTime = s_lookPeriod, Period = s_lookPeriod, Interleave = true });
    }

    /// <summary>The run is not to be woken any more.</summary>
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
            // It wakes the run once more, which then sees in the store that there is nothing to do.
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
            // Where reminders are kept does not answer now; the next look tells.
            RunLog.NotReminded(logger, name, e.Message);
        }
    }
}
