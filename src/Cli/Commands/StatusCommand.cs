using System.Text.Json;

namespace LisaOrleans.Cli;

/// <summary><c>lisa status RUN</c> and <c>lisa list</c>.</summary>
internal static class StatusCommand
{
    public static async Task<int> Run(SettingValues values, string? run, CancellationToken cancellationToken)
    {
        await using var cluster = await ClusterConnection.OpenForRun(values, run, cancellationToken);
        var status = await cluster.GetAsync(run!, cancellationToken);
        var schedule = await cluster.GetScheduleAsync(run!, past: 0, coming: 3, cancellationToken);
        var versions = (await cluster.GetSilosAsync(cancellationToken)).ToDictionary(s => s.Address, s => s.Version);
        if (values.Text(KnownSettings.LogFormat) == "json") Console.WriteLine(JsonSerializer.Serialize(RunTable.ToJson(status, schedule, versions)));
        else RunTable.Show(status, schedule, versions);
        return ExitCodes.Done;
    }

    public static async Task<int> List(SettingValues values, string? argument, CancellationToken cancellationToken)
    {
        await using var cluster = await ClusterConnection.OpenForRun(values, run: null, cancellationToken);
        var runs = await cluster.ListAsync(cancellationToken);
        if (values.Text(KnownSettings.LogFormat) == "json") Console.WriteLine(JsonSerializer.Serialize(runs.Select(r => RunTable.ToJson(r))));
        else RunTable.Show(runs);
        return ExitCodes.Done;
    }
}
