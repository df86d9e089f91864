using LisaOrleans.Checkpoints;
using LisaOrleans.Client;

namespace LisaOrleans.Cli;

/// <summary><c>lisa pause|resume|cancel RUN</c>.</summary>
internal static class RunCommands
{
    /// <summary>Continues a run; with <c>--take-over</c> also one that another cluster or a process is training.</summary>
    public static async Task<int> Resume(SettingValues values, string? run, CancellationToken cancellationToken)
    {
        RunName.Validate(run!);
        if (values.Flag(KnownSettings.TakeOver))
            await RunLease.BreakAsync(await ClusterStores.Open(values, cancellationToken, mustExist: true), run!, cancellationToken);
        return await Do((c, name, token) => c.ResumeAsync(name, token), "started")(values, run, cancellationToken);
    }

    public static Func<SettingValues, string?, CancellationToken, Task<int>> Do(
        Func<LisaClient, string, CancellationToken, Task> action, string done) =>
        async (values, run, cancellationToken) =>
        {
            await using var cluster = await ClusterConnection.OpenForRun(values, run, cancellationToken);
            await action(cluster, run!, cancellationToken);
            Console.WriteLine($"{run} {done}");
            return ExitCodes.Done;
        };
}
