namespace LisaOrleans.Cluster.Tests;

/// <summary>A cluster whose silos and clients show each other no certificates.</summary>
[Collection(nameof(LivingSilos))]
public sealed class ClusterWithoutTlsTests(ClusterFixture fixture)
{
    [Fact]
    public async Task Cluster_without_tls_tells_who_comes_with_it()
    {
        var cluster = fixture.Cluster;
        using var folder = new TempFolder();
        using var authority = new TestAuthority(folder["tls"], "ours");
        string[] certificate = TestCluster.Certificate(authority.Issue("own"));
        var (code, output) = await TestCluster.LisaAsync(folder.Root, ["list", .. cluster.Names, .. certificate]);
        Assert.True(code == 2, output);
        Assert.Contains(": it does not use TLS", output, StringComparison.Ordinal);
        Assert.Contains("is refused: it uses TLS, and this silo does not", cluster.Logs(1000), StringComparison.Ordinal);
        (code, output) = await TestCluster.LisaAsync(folder.Root, ["silo", .. cluster.Names, "--store", cluster.Store, .. certificate]);
        Assert.True(code == 2, output);
        Assert.Contains($"the silos of cluster '{TestCluster.Id}' do not use TLS, and this one does", output, StringComparison.Ordinal);
    }
}
