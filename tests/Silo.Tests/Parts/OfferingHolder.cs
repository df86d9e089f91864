namespace LisaOrleans.Silo.Tests;

/// <summary>A part on another silo that offers what a test wants it to; nobody else of its kind would lie.</summary>
internal sealed class OfferingHolder(Func<PartHandOver?> offer) : IPartGrain
{
    public Task<PartHandOver?> HandOver(long generation, BlobRef weights, BlobRef? optimizer, BlobRef? adapter, CancellationToken cancellationToken) =>
        Task.FromResult(offer());

    public Task Keep(long generation) => throw new NotSupportedException();

    public Task<PartLoaded> Load(PartLoad load, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task Train(long generation, PartTraining training, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<MicroBatchResult> Run(MicroBatchCall call, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<GradientTicket>> GiveGradients(long generation, long step, int microBatches, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task AddGradients(long generation, long step, IReadOnlyList<GradientTicket> sums, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<IReadOnlyList<IReadOnlyList<TensorTicket>>> GiveWeights(
        long generation, long step, IReadOnlyList<int[]?> rows, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<TimeSpan> TakeWeights(
        long generation, long step, IReadOnlyList<TensorTicket> weights, int[]? rows, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<double> GetSquaredGradientNorm(long generation, long step, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task Apply(long generation, long step, double learningRate, double clip, bool isLast, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<TimeSpan?> BeginSnapshot(long generation, long step, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task SeparateSnapshot(long generation, long step, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<PartBlobs> CompleteSnapshot(long generation, long step, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<PartMemory> GetMemory() => throw new NotSupportedException();

    public Task Unload(long generation) => throw new NotSupportedException();
}
