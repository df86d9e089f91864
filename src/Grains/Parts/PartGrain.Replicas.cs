using LisaOrleans.Model;

namespace LisaOrleans.Grains;

/// <content>What it exchanges with the same part of other replicas.</content>
internal abstract partial class PartGrain<TPart>
    where TPart : ModelPart
{
    public async Task<IReadOnlyList<GradientTicket>> GiveGradients(long generation, long step, int microBatches, CancellationToken cancellationToken)
    {
        _fence.Check(generation);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _fence.Current);
        return await _replicas.GiveGradients(generation, step, microBatches, linked.Token);
    }

    public async Task AddGradients(long generation, long step, IReadOnlyList<GradientTicket> sums, CancellationToken cancellationToken)
    {
        _fence.Check(generation);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _fence.Current);
        await _replicas.AddGradients(generation, sums, linked.Token);
    }

    public Task<IReadOnlyList<IReadOnlyList<TensorTicket>>> GiveWeights(
        long generation, long step, IReadOnlyList<int[]?> rows, CancellationToken cancellationToken)
    {
        _fence.Check(generation);
        return _replicas.GiveWeights(generation, rows, cancellationToken);
    }

    public async Task<TimeSpan> TakeWeights(
        long generation, long step, IReadOnlyList<TensorTicket> weights, int[]? rows, CancellationToken cancellationToken)
    {
        _fence.Check(generation);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _fence.Current);
        return await _replicas.TakeWeights(generation, step, weights, rows, linked.Token);
    }
}
