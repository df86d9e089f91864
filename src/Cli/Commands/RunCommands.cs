using LisaOrleans.Client;

namespace LisaOrleans.Cli;

/// <summary><c>lisa pause|resume|cancel RUN</c>.</summary>
internal static class RunCommands
{
    public static Func<SettingValues, string?, CancellationToken, Task<int>> Do(Func<LisaClient, string, CancellationToken, Task> action, string done) =>
        async (values, run, cancellationToken) =>
        {
            await using var cluster = await ClusterConnection.Open(values, cancellationToken);
            await action(cluster, run!, cancellationToken);
            Console.WriteLine($"{run} {done}");
            return ExitCodes.Done;
        };
}
