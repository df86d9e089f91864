namespace LisaOrleans.Grains;

/// <summary>
/// Queues the micro-batches of one part on the device; in training, in their order. Used within one grain's turns.
/// </summary>
internal sealed class PartPasses(PartServices services, PartDevice device)
{
    private readonly MicroBatchOrder _forward = new();
    private readonly MicroBatchOrder _backward = new();

    /// <value>Whether the next part is on this silo, so that its work continues this part's.</value>
    public bool NextIsHere { get; set; }

    /// <summary>
    /// Runs a forward pass on the device; in training, in the order of ordinals. Calls overtake each other, but gradients
    /// are summed in that order, so a micro-batch that ran too early would only fill the pipeline.
    /// </summary>
    /// <returns>Its result, and the order that it had.</returns>
    public Task<(T Result, WorkOrder Order)> Forward<T>(MicroBatchCall call, Func<T> work, CancellationToken cancellationToken)
    {
        return call.Train ? _forward.Begin(call.Step, call.Ordinal, Queue, cancellationToken) : Queue();

        async Task<(T Result, WorkOrder Order)> Queue()
        {
            var order = new WorkOrder(WorkPriority.Forward, call.Turn ?? services.Worker.NewTurn(), Continues: NextIsHere);
            return (await device.Run(call.Generation, work, order, cancellationToken), order);
        }
    }

    /// <summary>
    /// Runs a backward pass, or the head, on the device; in training, one after the other in the order of micro-batches: turns
    /// rise in that order, and gradients are summed in it.
    /// </summary>
    /// <param name="call">The call.</param>
    /// <param name="turn">
    /// The turn that it continues: that of the part that returned the gradient; for the head, that of its call.
    /// </param>
    /// <param name="work">What to do.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Its result, and the order that it had.</returns>
    public async Task<(T Result, WorkOrder Order)> Backward<T>(MicroBatchCall call, long? turn, Func<T> work, CancellationToken cancellationToken)
    {
        if (call.Train) await _backward.Enter(call.Step, call.Ordinal, cancellationToken);
        var order = new WorkOrder(
            WorkPriority.Backward, turn ?? services.Worker.NewTurn(), Continues: call is { Turn: not null, InputGradient: true });
        var result = await device.Run(call.Generation, work, order, cancellationToken);
        if (call.Train) _backward.Leave();
        return (result, order);
    }

    /// <summary>Waits until so many micro-batches of a step have gone backward.</summary>
    public Task Through(long step, int microBatches, CancellationToken cancellationToken) => _backward.Enter(step, microBatches, cancellationToken);

    /// <summary>Cancels everything that waits for its turn.</summary>
    public void Reset()
    {
        _forward.Reset();
        _backward.Reset();
    }
}
