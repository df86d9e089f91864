namespace LisaOrleans.Silo;

/// <summary>Where a cluster keeps what makes it one: its membership, its reminders, and what its silos have in common.</summary>
public interface IMembershipStore
{
    /// <value>Its name for messages, to begin a sentence with. Holds no secret.</value>
    string Name { get; }

    /// <summary>
    /// Connects, logs in, checks that a cluster's membership may be used, and asks its mark.
    /// <see cref="MembershipCheck"/> repeats it for a short while.
    /// </summary>
    /// <param name="clusterId">The cluster.</param>
    /// <param name="ask">What the mark is asked.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="MembershipUnusableException">The store does not answer or refuses.</exception>
    Task<ClusterTraits> TryAsync(string clusterId, Func<IClusterMark, Task<ClusterTraits>> ask, CancellationToken cancellationToken);

    /// <summary>Lets a silo keep its membership and its reminders there.</summary>
    /// <param name="silo">The silo.</param>
    void AddTo(ISiloBuilder silo);

    /// <summary>Lets a client find the silos there.</summary>
    /// <param name="client">The client.</param>
    void AddTo(IClientBuilder client);

    /// <summary>Whether the membership could not be read because there is none, for example after all data was lost.</summary>
    /// <param name="failure">The exception that reading it ended with.</param>
    bool IsForgotten(Exception failure);

    /// <summary>Connects to the mark that the silos of a cluster have in common.</summary>
    /// <param name="clusterId">The cluster.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IClusterMark> OpenMarkAsync(string clusterId, CancellationToken cancellationToken);
}
