namespace LisaOrleans;

/// <summary>
/// One part of the model: holds its weights and, only while it trains, its optimizer state. Every call carries the run's
/// generation; a part refuses older ones with <see cref="StaleGenerationCallException"/>.
/// </summary>
public interface IPartGrain : IGrainWithStringKey
{
    /// <summary>
    /// Takes the state of a manifest. Cheap where the part already holds just that (frozen layers after a recovery).
    /// Discards gradients and micro-batches in flight.
    /// </summary>
    [ResponseTimeout("01:00:00")]
    Task<PartLoaded> Load(PartLoad load, CancellationToken cancellationToken);

    /// <summary>
    /// Keeps what is loaded for its next holder, which may ask for it much later, and lets nobody of an earlier generation use the part any
    /// more. It stays loaded until <see cref="Unload"/>.
    /// </summary>
    /// <param name="generation">The generation that loads the run's parts.</param>
    [ResponseTimeout("00:01:00")]
    Task Keep(long generation);

    /// <summary>
    /// Gives the part's state to its next holder, if it is exactly the state of a manifest, and lets nobody of an earlier
    /// generation use the part any more. It stays loaded until <see cref="Unload"/>.
    /// </summary>
    /// <param name="generation">The generation in which another silo holds the part.</param>
    /// <param name="weights">The manifest's blob of weights.</param>
    /// <param name="optimizer">The manifest's blob of training state; null where the part is frozen.</param>
    /// <param name="adapter">The manifest's blob of adapters; null where there are none.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Null if the part is not loaded here, or has another state: the store has it.</returns>
    [ResponseTimeout("00:01:00")]
    Task<PartHandOver?> HandOver(long generation, BlobRef weights, BlobRef? optimizer, BlobRef? adapter, CancellationToken cancellationToken);

    /// <summary>
    /// Makes the part train in this way from now on: gives it optimizer state, or takes it away and rounds the master weights
    /// to the model's dtype. Idempotent.
    /// </summary>
    [ResponseTimeout("01:00:00")]
    Task Train(long generation, PartTraining training, CancellationToken cancellationToken);

    /// <summary>Forward is this call, backward is its return.</summary>
    [ResponseTimeout("01:00:00")]
    Task<MicroBatchResult> Run(MicroBatchCall call, CancellationToken cancellationToken);

    /// <summary>
    /// What a replica has summed of the step's gradients, as soon as its micro-batches have gone backward through the part. Asked of every
    /// replica but the part's owner. The part then waits for the step's new weights before it works on another one.
    /// </summary>
    /// <param name="generation">The run's generation.</param>
    /// <param name="step">The step.</param>
    /// <param name="microBatches">The step's micro-batches that go through this replica.</param>
    /// <param name="cancellationToken">Cancels.</param>
    [ResponseTimeout("01:00:00")]
    Task<IReadOnlyList<GradientTicket>> GiveGradients(long generation, long step, int microBatches, CancellationToken cancellationToken);

    /// <summary>Adds what another replica has summed of the step's gradients to the owner's.</summary>
    [ResponseTimeout("00:10:00")]
    Task AddGradients(long generation, long step, IReadOnlyList<GradientTicket> sums, CancellationToken cancellationToken);

    /// <summary>The owner's new weights of what trains, which do not change before the next <see cref="Apply"/>.</summary>
    /// <param name="generation">The run's generation.</param>
    /// <param name="step">The step that they were updated by.</param>
    /// <param name="rows">
    /// For each of the others, the rows that it is to get of the table that has one for each token, ascending; null for all of it.
    /// </param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>For each of the others a ticket for every weight.</returns>
    [ResponseTimeout("00:10:00")]
    Task<IReadOnlyList<IReadOnlyList<TensorTicket>>> GiveWeights(
        long generation, long step, IReadOnlyList<int[]?> rows, CancellationToken cancellationToken);

    /// <summary>Takes the weights that the owner has given for this replica. Returns how long micro-batches had to wait for them.</summary>
    /// <param name="generation">The run's generation.</param>
    /// <param name="step">The step that they were updated by.</param>
    /// <param name="weights">The tickets.</param>
    /// <param name="rows">The rows that were asked for; until others come, the part refuses tokens of other rows. Null for all.</param>
    /// <param name="cancellationToken">Cancels.</param>
    [ResponseTimeout("00:10:00")]
    Task<TimeSpan> TakeWeights(
        long generation, long step, IReadOnlyList<TensorTicket> weights, int[]? rows, CancellationToken cancellationToken);

    /// <summary>Sum of the squares of the step's accumulated gradients; 0 for a frozen part.</summary>
    [ResponseTimeout("00:10:00")]
    Task<double> GetSquaredGradientNorm(long generation, long step, CancellationToken cancellationToken);

    /// <summary>One update with the accumulated gradients times <paramref name="clip"/>. Idempotent by step.</summary>
    /// <param name="generation">The run's generation.</param>
    /// <param name="step">The step.</param>
    /// <param name="learningRate">The rate of the step.</param>
    /// <param name="clip">What gradients are multiplied by.</param>
    /// <param name="isLast">Whether the part is frozen after it.</param>
    /// <param name="cancellationToken">Cancels.</param>
    [ResponseTimeout("00:10:00")]
    Task Apply(long generation, long step, double learningRate, double clip, bool isLast, CancellationToken cancellationToken);

    /// <summary>
    /// Begins to store what changed since the last snapshot. The part may go on, also into its next update. Returns how long its device
    /// copied, instead of training; null if nothing changed.
    /// </summary>
    [ResponseTimeout("00:10:00")]
    Task<TimeSpan?> BeginSnapshot(long generation, long step, CancellationToken cancellationToken);

    /// <summary>
    /// Copies what that snapshot still shares with the part, if it is not in the store by now. What changes the part does that, too;
    /// so this only lets it be known how long it takes.
    /// </summary>
    [ResponseTimeout("00:10:00")]
    Task SeparateSnapshot(long generation, long step, CancellationToken cancellationToken);

    /// <summary>Waits until that snapshot is in the store.</summary>
    [ResponseTimeout("01:00:00")]
    Task<PartBlobs> CompleteSnapshot(long generation, long step, CancellationToken cancellationToken);

    /// <summary>What the part holds in memory.</summary>
    Task<PartMemory> GetMemory();

    /// <summary>Frees everything. A newer generation may ask for this too, when the part is elsewhere.</summary>
    [ResponseTimeout("00:10:00")]
    Task Unload(long generation);
}
