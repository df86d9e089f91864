namespace LisaOrleans.Cluster.Tests;

/// <summary>Three silos for tests that kill some of them; their HTTP API knows the models of samples.</summary>
public sealed class KilledSilosFixture() : ClusterFixture(new ClusterSettings(Silos: 3, Azurite: false, Options: ["--models", Models]))
{
    internal static string Models { get; } = Path.Combine(Executables.Repository, "samples");

    /// <summary>Starts those again that a test before has killed; to be awaited once they are needed.</summary>
    public Task RestartAsync()
    {
        foreach (var silo in Cluster.Silos) silo.Start();
        return Task.WhenAll(Cluster.Silos.Select(s => s.ReadyAsync(TimeSpan.FromMinutes(3))));
    }
}
