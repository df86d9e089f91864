using LisaOrleans.Client;

namespace LisaOrleans.Cli;

/// <summary>Connects to the cluster that a command names.</summary>
internal static class ClusterConnection
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>Repeats a call that can be repeated while the cluster gets over the loss of a silo.</summary>
    public static async Task<T> Retry<T>(Func<Task<T>> call)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                return await call();
            }
            catch (Exception e) when (e is OrleansException or TimeoutException && TimeProvider.System.GetElapsedTime(started) < s_patience)
            {
                await Task.Delay(s_pause);
            }
        }
    }

    public static Task<LisaConnection> Open(SettingValues values, CancellationToken cancellationToken) => LisaConnection.OpenAsync(
        values.Text(KnownSettings.ClusterId), values.Text(KnownSettings.Redis), s_patience, cancellationToken);
}
