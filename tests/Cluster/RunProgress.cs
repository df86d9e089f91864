using LisaOrleans.Client;

namespace LisaOrleans.Cluster.Tests;

/// <summary>Waits for what a run of a cluster comes to, whatever silos die meanwhile.</summary>
internal static class RunProgress
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    /// <summary>The status of a run once it trains and is as wanted.</summary>
    public static async Task<RunStatus> UntilAsync(TestCluster cluster, string run, Func<RunStatus, bool> wanted)
    {
        var token = TestContext.Current.CancellationToken;
        RunStatus? status = null;
        await Until.True(async () =>
        {
            try
            {
                return (status = await cluster.Client.GetAsync(run, token)) is { State: RunState.Running } && wanted(status);
            }
            catch (ClusterUnavailableException)
            {
                return false;
            }
        }, pause: 50).WaitAsync(s_patience, token);
        return status!;
    }
}
