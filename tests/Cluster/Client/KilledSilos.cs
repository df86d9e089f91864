namespace LisaOrleans.Cluster.Tests;

/// <summary>Tests that kill silos, and share three that are started again.</summary>
[CollectionDefinition(nameof(KilledSilos))]
public sealed class KilledSilos : ICollectionFixture<KilledSilosFixture>;
