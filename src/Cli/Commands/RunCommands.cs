using LisaOrleans.Checkpoints;
using LisaOrleans.Client;

namespace LisaOrleans.Cli;

/// <summary><c>lisa pause|resume|cancel RUN</c>. A run that has come to its end is left as it is, which is said.</summary>
internal static class RunCommands
{
    public static Task<int> Pause(SettingValues values, string? run, CancellationToken cancellationToken) => Do(
        values, run!, (c, token) => c.PauseAsync(run!, token), "paused", stops: true,
        [RunState.Succeeded, RunState.Cancelled, RunState.Failed], cancellationToken);

    public static Task<int> Cancel(SettingValues values, string? run, CancellationToken cancellationToken) => Do(
        values, run!, (c, token) => c.CancelAsync(run!, token), "cancelled", stops: true, [RunState.Succeeded], cancellationToken);

    /// <summary>Continues a run; with <c>--take-over</c> also one that another cluster or a process is training.</summary>
    public static async Task<int> Resume(SettingValues values, string? run, CancellationToken cancellationToken)
    {
        RunName.Validate(run!);
        return await Do(values, run!, ResumeAsync, "resumed", stops: false, [RunState.Succeeded, RunState.Cancelled], cancellationToken);

        // Whoever has the run keeps it where this cluster cannot go on with it.
        async Task ResumeAsync(LisaClient cluster, CancellationToken token)
        {
            if (values.Flag(KnownSettings.TakeOver))
                await RunLease.BreakAsync(await ClusterStores.Open(values, token, mustExist: true), run!, token);
            await cluster.ResumeAsync(run!, token);
        }
    }

    private static async Task<int> Do(
        SettingValues values, string run, Func<LisaClient, CancellationToken, Task> action, string done, bool stops,
        IReadOnlyList<RunState> ends, CancellationToken cancellationToken)
    {
        await using var cluster = await ClusterConnection.OpenForRun(values, run, cancellationToken);
        await Check();
        await action(cluster, cancellationToken);

        // It may have come to its end first.
        if (stops) await Check();
        Console.WriteLine($"{run} {done}");
        return ExitCodes.Done;

        async Task Check()
        {
            var status = await cluster.GetAsync(run, cancellationToken);
            if (ends.Contains(status.State)) throw new RunEndedException(run, status.State, status.Step, done);
        }
    }
}
