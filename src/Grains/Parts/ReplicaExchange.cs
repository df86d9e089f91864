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

    // What was last given of each, which is claimed before the next is given, unless the step fails.
    private (IReadOnlyList<TensorTicket> Sums, IReadOnlyList<TensorTicket> Weights) _given = ([], []);
    private int _resets;

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
        await passes.Through(step, microBatches, cancellationToken);
        return await Give(
            generation,
            () => held.Part!.TakeGradientSums().Select(s => new GradientTicket(
                s.Parameter, s.OfAlias, s.Sum.Level, s.Sum.Index, services.Exchange.Publish(s.Sum.Value, run, generation))).ToArray(),
            sums => _given.Sums = Tickets(sums), Tickets, cancellationToken);

        static IReadOnlyList<TensorTicket> Tickets(GradientTicket[] sums) => [.. sums.Select(s => s.Sum)];
    }

    /// <inheritdoc cref="IPartGrain.AddGradients"/>
    public async Task AddGradients(long generation, IReadOnlyList<GradientTicket> sums, CancellationToken cancellationToken)
    {
        // Of what is left in it when this ends, the part did not become the owner.
        var claimed = new Queue<GradientSum>();
        try
        {
            foreach (var sum in sums)
            {
                var value = await services.Exchange.Claim(sum.Sum, cancellationToken);
                claimed.Enqueue(new GradientSum(sum.Parameter, sum.OfAlias, new LaneSum(sum.Level, sum.Index, value)));
            }

            await device.Run(generation, () => held.Part!.AddGradientSums(claimed), cancellationToken: cancellationToken);
        }
        finally
        {
            foreach (var sum in claimed) sum.Sum.Value.Dispose();
        }
    }

    /// <inheritdoc cref="IPartGrain.GiveWeights"/>
    public async Task<IReadOnlyList<IReadOnlyList<TensorTicket>>> GiveWeights(long generation, int replicas, CancellationToken cancellationToken)
    {
        return await Give(
            generation,
            () => Enumerable.Range(0, replicas).Select(
                _ => held.Part!.ShareTrained().Select(w => services.Exchange.Publish(w, run, generation)).ToArray()).ToArray(),
            weights => _given.Weights = Tickets(weights), Tickets, cancellationToken);

        static IReadOnlyList<TensorTicket> Tickets(TensorTicket[][] weights) => [.. weights.SelectMany(w => w)];
    }

    /// <inheritdoc cref="IPartGrain.TakeWeights"/>
    public async Task<TimeSpan> TakeWeights(long generation, long step, IReadOnlyList<TensorTicket> weights, CancellationToken cancellationToken)
    {
        // A later generation may wait for the same step's when this ends.
        var due = step == _step ? _weights : null;
        var claimed = new List<Tensor>();
        try
        {
            foreach (var weight in weights) claimed.Add(await services.Exchange.Claim(weight, cancellationToken));
            await device.Run(generation, () => held.TakeTrained(claimed), cancellationToken: cancellationToken);
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
        _resets++;
        _weights?.TrySetCanceled();
        (_weights, _waitsSince) = (null, null);
        foreach (var ticket in _given.Sums.Concat(_given.Weights)) services.Exchange.Discard(ticket);
        _given = ([], []);
    }

    // Publishes on the device, and notes what, to give it up when the generation ends; at once where it has ended meanwhile.
    private async Task<T> Give<T>(
        long generation, Func<T> publish, Action<T> note, Func<T, IReadOnlyList<TensorTicket>> tickets, CancellationToken cancellationToken)
    {
        var resets = _resets;
        var published = await device.Run(generation, publish, cancellationToken: cancellationToken);
        if (resets == _resets)
        {
            note(published);
            return published;
        }

        foreach (var ticket in tickets(published)) services.Exchange.Discard(ticket);
        throw new OperationCanceledException($"generation {generation} of {run} has ended");
    }
}
