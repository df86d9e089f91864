namespace LisaOrleans.Cluster.Tests;

/// <summary>Tests that kill no silo, and so share two.</summary>
[CollectionDefinition(nameof(LivingSilos))]
public sealed class LivingSilos : ICollectionFixture<ClusterFixture>;
