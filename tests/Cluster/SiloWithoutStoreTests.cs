namespace LisaOrleans.Cluster.Tests;

/// <summary>A silo loses its way to the store while others keep theirs.</summary>
public sealed class SiloWithoutStoreTests(UndisturbedRun undisturbed)
{
    private const string Run = "cut-off";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_whose_silo_alone_loses_the_store_goes_on_from_another_with_equal_bits()
    {
        Assert.SkipWhen(Executables.Redis is null, "redis-server is not on PATH");
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["store"]);
        for (var i = 0; i < 2; i++) Mount(i);
        await using var cluster = await TestCluster.StartAsync(
            folder.Root, new ClusterSettings(Silos: 2, Azurite: false) { StoreOf = Link });
        await cluster.Client.SubmitAsync(UndisturbedRun.Request(Run), null, Token);
        var status = await RunProgress.UntilAsync(cluster, Run, s => s.Stages.Count == 2 && s.Step > 3);

        // First the one, then the other: whoever has lost the store holds parts, too, which it can neither load nor save.
        for (var i = 0; i < 2; i++)
        {
            var owner = await cluster.SiloOfRunAsync(Run);
            File.Delete(Link(owner.Number));
            var before = status.Step;
            status = await RunProgress.UntilAsync(cluster, Run, s => s.Stages.Count == 1 && s.Step > before + 6);
            Assert.NotSame(owner, await cluster.SiloOfRunAsync(Run));
            Assert.DoesNotContain(status.Stages, s => s.Silo.StartsWith(owner.Address, StringComparison.Ordinal));
            Assert.Equal(1, Said(owner, "This silo does not reach the store"));
            Mount(owner.Number);
            status = await RunProgress.UntilAsync(cluster, Run, s => s.Stages.Count == 2 && s.Step > status.Step);
            Assert.Equal(1, Said(owner, "This silo reaches the store"));
        }

        // Where none reaches it, the run waits for people as ever.
        for (var i = 0; i < 2; i++) File.Delete(Link(i));
        await Until.True(async () => (await cluster.Client.GetAsync(Run, Token)).State == RunState.Paused).WaitAsync(TimeSpan.FromMinutes(2), Token);
        for (var i = 0; i < 2; i++) Mount(i);
        await TestCluster.SucceedsAsync(folder.Root, ["resume", Run, .. cluster.Connection, "--store", cluster.Store]);
        status = await RunProgress.UntilAsync(cluster, Run, s => s.Step > status.Step);

        await undisturbed.AssertEqualWhenPausedAsync(cluster, Run);

        string Link(int silo) => folder[$"mounted-{silo}"];

        void Mount(int silo) => Directory.CreateSymbolicLink(Link(silo), folder["store"]);

        static int Said(SiloProcess silo, string what) =>
            File.ReadLines(silo.LogFile).Count(l => l.Contains(what, StringComparison.Ordinal));
    }

    // Nothing is refused here: calls to the store are not answered.
    [Fact]
    public async Task Run_whose_silo_alone_has_no_network_to_the_store_goes_on_from_another()
    {
        Assert.SkipWhen(Executables.Redis is null, "redis-server is not on PATH");
        Assert.SkipWhen(AzuriteServer.Program is null, "azurite-blob is not on PATH");
        using var folder = new TempFolder();
        await using var azurite = new AzuriteServer(folder["azurite"]);
        await azurite.StartAsync();
        await using var first = new BlobFaultProxy(azurite.Port);
        await using var second = new BlobFaultProxy(azurite.Port);
        BlobFaultProxy[] proxies = [first, second];
        foreach (var proxy in proxies) await proxy.StartAsync();
        var store = AzuriteServer.ConnectionString(azurite.Port);
        await using var cluster = await TestCluster.StartAsync(folder.Root, new ClusterSettings(Silos: 2, Azurite: false, Store: store)
        {
            StoreOf = silo => AzuriteServer.ConnectionString(proxies[silo].Port),
        });
        await cluster.Client.SubmitAsync(UndisturbedRun.Request(Run), null, Token);
        var status = await RunProgress.UntilAsync(cluster, Run, s => s.Stages.Count == 2 && s.Step > 3);
        var owner = await cluster.SiloOfRunAsync(Run);
        await proxies[owner.Number].DisposeAsync();
        await RunProgress.UntilAsync(cluster, Run, s => s.Stages.Count == 1 && s.Step > status.Step + 6);
        Assert.NotSame(owner, await cluster.SiloOfRunAsync(Run));
    }
}
