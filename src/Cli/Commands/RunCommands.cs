namespace LisaOrleans.Cli;

/// <summary><c>lisa pause|resume|cancel RUN</c>.</summary>
internal static class RunCommands
{
    public static Func<SettingValues, string?, CancellationToken, Task<int>> Do(Func<IRunGrain, Task> action, string done) =>
        async (values, run, cancellationToken) =>
        {
            await using var cluster = await ClusterConnection.Open(values, cancellationToken);
            var grain = cluster.Run(run!);
            await RunTable.Require(grain, run!);
            await ClusterConnection.Retry(async () =>
            {
                await action(grain);
                return true;
            });
            Console.WriteLine($"{run} {done}");
            return ExitCodes.Done;
        };
}
