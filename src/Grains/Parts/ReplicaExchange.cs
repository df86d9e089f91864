using System.Diagnostics;
using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Grains;

/// <summary>
/// What a part exchanges with the same part of other replicas: sums of gradients to its owner, and new weights from there. Used within
/// one grain's turns.
/// </summary>
internal sealed class ReplicaExchange<TPart>(PartServices services, PartDevice device, PartPasses passes, HeldState<TPart> held, string run)
    where TPart : ModelPart
{
    // Ends when the new weights of a step that this replica gives its gradients for have come.
    private TaskCompletionSource? _weights;
    private long _step;

    // Since when a micro-batch waits for them; null where none does.
    private long? _waitsSince;

    // What was last given of each is claimed before the next is given, unless the step fails.
    private readonly GivenTensors _sums = new(services, device, run);
    private readonly GivenTensors _shared = new(services, device, run);

    /// <summary>Waits for the weights of the step before a call's, where they are still to come.</summary>
    public Task WeightsOf(MicroBatchCall call, CancellationToken cancellationToken)
    {
        if (_weights is not { Task.IsCompleted: false } due || (call.Train && call.Step == _step)) return Task.CompletedTask;
        _waitsSince ??= Stopwatch.GetTimestamp();
        return due.Task.WaitAsync(cancellationToken);
    }

    /// <summary>The owner is going to send the weights of a step.</summary>
    public void Expect(long step) =>
        (_weights, _step) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), step);

    /// <inheritdoc cref="IPartGrain.GiveGradients"/>
    public async Task<IReadOnlyList<GradientTicket>> GiveGradients(long generation, long step, int microBatches, CancellationToken cancellationToken)
    {
        if (_weights is { } due && step != _step) await due.Task.WaitAsync(cancellationToken);
        Expect(step);
        await passes.Through(generation, step, microBatches, cancellationToken);
        return await _sums.Give(
            generation,
            publish => held.Part!.TakeGradientSums().Select(s => new GradientTicket(
                s.Parameter, s.OfAlias, s.Sum.Level, s.Sum.Index, publish(s.Sum.Value), s.Rows is null ? null : publish(s.Rows))).ToArray(),
            cancellationToken);
    }

    /// <inheritdoc cref="IPartGrain.AddGradients"/>
    public async Task AddGradients(long generation, IReadOnlyList<GradientTicket> sums, CancellationToken cancellationToken)
    {
        var tensors = new Queue<Tensor>(await services.Exchange.ClaimAll([.. sums.SelectMany(s => s.Tickets)], cancellationToken));

        // Of what is left in it when this ends, the part did not become the owner.
        var claimed = new Queue<GradientSum>(sums.Select(s => new GradientSum(
            s.Parameter, s.OfAlias, new LaneSum(s.Level, s.Index, tensors.Dequeue()), s.Rows is null ? null : tensors.Dequeue())));
        try
        {
            await device.Run(generation, () => held.Part!.AddGradientSums(claimed), cancellationToken: cancellationToken);
        }
        finally
        {
            foreach (var sum in claimed) sum.Dispose();
        }
    }

    /// <inheritdoc cref="IPartGrain.GiveWeights"/>
    public async Task<IReadOnlyList<IReadOnlyList<TensorTicket>>> GiveWeights(
        long generation, IReadOnlyList<int[]?> rows, CancellationToken cancellationToken) =>
        await _shared.Give(
            generation, publish => rows.Select(r => held.Part!.ShareTrained(r).Select(publish).ToArray()).ToArray(), cancellationToken);

    /// <inheritdoc cref="IPartGrain.TakeWeights"/>
    public async Task<TimeSpan> TakeWeights(
        long generation, long step, IReadOnlyList<TensorTicket> weights, int[]? rows, CancellationToken cancellationToken)
    {
        // A later generation may wait for the same step's when this ends.
        var due = step == _step ? _weights : null;
        var claimed = await services.Exchange.ClaimAll(weights, cancellationToken);
        try
        {
            await device.Run(generation, () => held.TakeTrained(step, claimed, rows), cancellationToken: cancellationToken);
        }
        finally
        {
            foreach (var weight in claimed) weight.Dispose();
        }

        if (due is null || due != _weights) return TimeSpan.Zero;
        var waited = _waitsSince is { } since ? Stopwatch.GetElapsedTime(since) : TimeSpan.Zero;
        _waitsSince = null;
        due.TrySetResult();
        return waited;
    }

    /// <summary>Nothing is to come any more, and nobody claims what was given.</summary>
    public void Reset()
    {
        _weights?.TrySetCanceled();
        (_weights, _waitsSince) = (null, null);
        _sums.Reset();
        _shared.Reset();
    }
}
