namespace LisaOrleans.Cluster.Tests;

/// <summary>A short version of bench chaos with blobs in Azurite, which fails, too.</summary>
public sealed class AzuriteChaosTests(UndisturbedRun undisturbed, ITestOutputHelper output)
{
    [Fact]
    public async Task Run_with_its_blobs_in_azurite_keeps_the_bits_of_an_undisturbed_one()
    {
        Assert.SkipWhen(Executables.Redis is null, "redis-server is not on PATH");
        Assert.SkipWhen(AzuriteServer.Program is null, "azurite-blob is not on PATH");
        using var folder = new TempFolder();
        await using var cluster = await TestCluster.StartAsync(folder.Root, new ClusterSettings(Silos: 3, Azurite: true));
        await ChaosRun.AssertKeepsItsBitsAsync(
            cluster, undisturbed, output, [ChaosAction.BlobFaults, ChaosAction.Kill, ChaosAction.RestartAzurite, ChaosAction.Join]);
        Assert.Equal(Enum.GetValues<BlobFault>().Length, cluster.Faults!.Done);
    }
}
