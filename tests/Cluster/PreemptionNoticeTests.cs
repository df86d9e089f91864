using System.Net;
using System.Net.Sockets;

namespace LisaOrleans.Cluster.Tests;

/// <summary>A silo obeys a notice wherever its machine's proxy is, and whenever the notice comes.</summary>
public sealed class PreemptionNoticeTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Notice_before_and_after_the_silo_has_joined_is_obeyed_and_not_asked_for_through_a_web_proxy()
    {
        Assert.SkipWhen(Executables.Redis is null, "redis-server is not on PATH");
        using var folder = new TempFolder();
        using var proxy = new TcpListener(IPAddress.Loopback, 0);
        proxy.Start();
        await using var cluster = await TestCluster.StartAsync(folder.Root, new ClusterSettings(
            Silos: 1, Azurite: false, Environment: new Dictionary<string, string> { ["http_proxy"] = $"http://{proxy.LocalEndpoint}" }));

        // Before it has joined. Who ends with another code is started again on a machine that is about to go.
        var late = cluster.Add();
        late.Events.Announce();
        late.Start();
        await late.Events.Approved.WaitAsync(s_patience, TestContext.Current.CancellationToken);
        await Until.True(() => !late.Running);
        Assert.Equal(0, await late.LeaveAsync(s_patience));

        await cluster.Silos[0].PreemptAsync(s_patience);
        Assert.False(proxy.Pending());
    }
}
