using LisaOrleans.Client;

namespace LisaOrleans.Cli;

/// <summary>Connects to the cluster that a command names.</summary>
internal static class ClusterConnection
{
    public static Task<LisaClient> Open(SettingValues values, CancellationToken cancellationToken) => LisaClient.ConnectAsync(
        new LisaClientOptions { ClusterId = values.Text(KnownSettings.ClusterId), Redis = values.Text(KnownSettings.Redis) }, cancellationToken);
}
