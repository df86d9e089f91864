using System.Net;
using LisaOrleans.Silo.Tests;

namespace LisaOrleans.Cluster.Tests;

/// <summary>A silo that others reach at another address and at other ports than it listens at.</summary>
public sealed class PublishedPortsTests
{
    private const string Run = "published";

    private static readonly Dictionary<string, string> s_secret = new() { ["LISA_CLUSTER_SECRET"] = "a secret of published ports" };

    [Fact]
    public async Task Silo_behind_published_ports_trains_with_others_that_reach_it_only_there()
    {
        Assert.SkipWhen(Executables.Redis is null, "redis-server is not on PATH");
        using var folder = new TempFolder();
        await using var cluster = await TestCluster.StartAsync(folder.Root, new ClusterSettings(Silos: 1, Azurite: false, Environment: s_secret));
        var (siloPort, gatewayPort, tensorPort, httpPort) = (Ports.Free(), Ports.Free(), Ports.Free(), Ports.Free());
        await using var silo = Publish(siloPort);
        await using var gateway = Publish(gatewayPort);
        await using var tensors = Publish(tensorPort);
        await using var process = ServerProcess.Start(
            Executables.Lisa,
            [
                "silo", .. cluster.Connection, "--store", cluster.Store, "--threads", "1", "--http-port", $"{httpPort}",
                "--host", $"{silo.EndPoint.Address}", "--listen-address", "0.0.0.0",
                "--silo-port", $"{silo.EndPoint.Port}", "--listen-silo-port", $"{siloPort}",
                "--gateway-port", $"{gateway.EndPoint.Port}", "--listen-gateway-port", $"{gatewayPort}",
                "--tensor-port", $"{tensors.EndPoint.Port}", "--listen-tensor-port", $"{tensorPort}",
            ],
            folder["published.log"], s_secret);
        await cluster.Client.SubmitAsync(SampleRun.Request(Run, steps: 100_000), null, TestContext.Current.CancellationToken);
        var first = await RunProgress.UntilAsync(cluster, Run, s => s.Stages.Count == 2);
        await RunProgress.UntilAsync(cluster, Run, s => s.Stages.Count == 2 && s.Step > first.Step + 3);
        Assert.Contains(first.Stages, s => s.Silo.StartsWith($"{silo.EndPoint}@", StringComparison.Ordinal));
        Assert.True(tensors.Connections > 0);

        // One that joins connects to all that are there.
        var third = cluster.Add();
        third.Start();
        await third.ReadyAsync(TimeSpan.FromMinutes(2));
        Assert.True(silo.Connections > 0);

        // Without the others a client has only the published gateway.
        Assert.Equal(0, await third.LeaveAsync(TimeSpan.FromMinutes(2)));
        Assert.Equal(0, await cluster.Silos[0].LeaveAsync(TimeSpan.FromMinutes(2)));
        await RunProgress.UntilAsync(cluster, Run, s => s.Stages.Count == 1 && s.Step > first.Step);
        Assert.True(gateway.Connections > 0);
    }

    [Fact]
    public async Task Silo_whose_tensors_nobody_can_fetch_does_not_end_the_run_that_takes_it_in()
    {
        Assert.SkipWhen(Executables.Redis is null, "redis-server is not on PATH");
        using var folder = new TempFolder();
        await using var cluster = await TestCluster.StartAsync(folder.Root, new ClusterSettings(Silos: 1, Azurite: false, Environment: s_secret));
        await cluster.Client.SubmitAsync(SampleRun.Request(Run, steps: 100_000), null, TestContext.Current.CancellationToken);
        await RunProgress.UntilAsync(cluster, Run, s => s.Step > 0);

        // Behind a port that was not published.
        await using var process = ServerProcess.Start(
            Executables.Lisa,
            [
                "silo", .. cluster.Connection, "--store", cluster.Store, "--threads", "1", "--http-port", $"{Ports.Free()}",
                "--silo-port", $"{Ports.Free()}", "--gateway-port", $"{Ports.Free()}",
                "--tensor-port", $"{Ports.Free()}", "--listen-tensor-port", $"{Ports.Free()}",
            ],
            folder["unpublished.log"], s_secret);
        var both = await RunProgress.UntilAsync(cluster, Run, s => s.Stages.Count == 2);
        await RunProgress.UntilAsync(cluster, Run, s => s.Stages.Count == 1 && s.Step > both.Step + 3);
        Assert.Contains($"Run {Run} goes on without", cluster.Logs(lines: 10_000), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--host: '0.0.0.0' stands for all addresses of this machine", "--host", "0.0.0.0")]
    [InlineData("--host: '203.0.113.7' is not an address of this machine; if others reach it there all the same", "--host", "203.0.113.7")]
    [InlineData("--listen-address: '203.0.113.7' is not an address of this machine", "--listen-address", "203.0.113.7")]
    [InlineData("--listen-address: 'here' must be an IP address of this machine", "--listen-address", "here")]
    [InlineData("--listen-tensor-port: needs --tensor-port too", "--listen-tensor-port", "23456")]
    public async Task Silo_addresses_that_cannot_be_are_refused(string says, string option, string value)
    {
        using var folder = new TempFolder();
        var secret = folder["secret"];
        await File.WriteAllTextAsync(secret, s_secret["LISA_CLUSTER_SECRET"], TestContext.Current.CancellationToken);
        var (code, output) = await TestCluster.LisaAsync(
            folder.Root, "silo", "--store", folder["store"], "--cluster-secret-file", secret, option, value);
        Assert.True(code == 2, output);
        Assert.Contains(says, output, StringComparison.Ordinal);
    }

    private static TcpProxy Publish(int port) => new(new IPEndPoint(IPAddress.Loopback, port), IPAddress.Parse("127.0.0.2"));
}
