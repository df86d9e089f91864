namespace LisaOrleans.Silo;

/// <summary>Where a cluster keeps what makes it one: its membership, its reminders, and what its silos have in common.</summary>
public interface IMembershipStore
{
    /// <value>What people call it, at the beginning of a sentence. No secret.</value>
    string Name { get; }

    /// <summary>
    /// Connects, logs in, and looks whether a cluster's membership may be used and its silos are like this one.
    /// <see cref="MembershipCheck"/> repeats it for a moment.
    /// </summary>
    /// <param name="clusterId">The cluster.</param>
    /// <param name="traits">What a silo of it would have.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="MembershipUnusableException">It does not answer, it refuses, or silos with other traits are there.</exception>
    Task TryAsync(string clusterId, ClusterTraits traits, CancellationToken cancellationToken);

    /// <summary>Lets a silo keep its membership and its reminders there.</summary>
    /// <param name="silo">The silo.</param>
    void AddTo(ISiloBuilder silo);

    /// <summary>Lets a client find the silos there.</summary>
    /// <param name="client">The client.</param>
    void AddTo(IClientBuilder client);

    /// <summary>Whether the membership could not be read because there is none, as after a loss of all data.</summary>
    /// <param name="failure">What reading it ended with.</param>
    bool IsForgotten(Exception failure);

    /// <summary>Connects for what the silos of a cluster have in common.</summary>
    /// <param name="clusterId">The cluster.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IClusterMark> OpenMarkAsync(string clusterId, CancellationToken cancellationToken);
}
