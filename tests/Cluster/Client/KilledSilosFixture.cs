namespace LisaOrleans.Cluster.Tests;

/// <summary>Three silos for the tests of a class that kill some of them.</summary>
public sealed class KilledSilosFixture() : ClusterFixture(new ClusterSettings(Silos: 3, Azurite: false))
{
    /// <summary>Starts those again that a test before has killed; to be awaited once they are needed.</summary>
    public Task RestartAsync()
    {
        foreach (var silo in Cluster.Silos) silo.Start();
        return Task.WhenAll(Cluster.Silos.Select(s => s.ReadyAsync(TimeSpan.FromSeconds(60))));
    }
}
