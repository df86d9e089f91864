using System.Diagnostics;
using TorchSharp;

namespace LisaOrleans.Grains;

/// <summary>
/// Queues the micro-batches of one part on the device; in training, in their order. Whoever awaits a pass goes on on the device's thread.
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
    public Task<DevicePass<T>> Forward<T>(MicroBatchCall call, Func<T> work, CancellationToken cancellationToken)
    {
        return call.Train ? _forward.Begin(call.Generation, call.Step, call.Ordinal, Queue, cancellationToken) : Queue();

        Task<DevicePass<T>> Queue() => Run(
            call, work, new WorkOrder(WorkPriority.Forward, call.Turn ?? services.Worker.NewTurn(), Continues: NextIsHere, Inline: true),
            cancellationToken);
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
    public async Task<DevicePass<T>> Backward<T>(MicroBatchCall call, long? turn, Func<T> work, CancellationToken cancellationToken)
    {
        if (call.Train) await _backward.Enter(call.Generation, call.Step, call.Ordinal, cancellationToken).ConfigureAwait(false);
        var order = new WorkOrder(
            WorkPriority.Backward, turn ?? services.Worker.NewTurn(), Continues: call is { Turn: not null, InputGradient: true }, Inline: true);
        var pass = await Run(call, work, order, cancellationToken).ConfigureAwait(false);
        if (call.Train) _backward.Leave(call.Generation);
        return pass;
    }

    /// <summary>Adds what a layer's passes took to the seconds that came back from the parts after it; null in evaluation.</summary>
    public double[]? AddSeconds(MicroBatchCall call, double[]? later, double seconds) =>
        !call.Train ? null : NextIsHere && later is [var own, .. var others] ? [own + seconds, .. others] : [seconds, .. later ?? []];

    /// <summary>Waits until so many micro-batches of a step have gone backward.</summary>
    public Task Through(long generation, long step, int microBatches, CancellationToken cancellationToken) =>
        _backward.Enter(generation, step, microBatches, cancellationToken);

    /// <summary>Cancels everything that waits for its turn, and lets only calls of a generation through from now on.</summary>
    public void Reset(long generation)
    {
        _forward.Reset(generation);
        _backward.Reset(generation);
    }

    // A GPU is only told what to do, so it is waited for; once in a step, because nothing else is queued there meanwhile.
    private async Task<DevicePass<T>> Run<T>(MicroBatchCall call, Func<T> work, WorkOrder order, CancellationToken cancellationToken)
    {
        var onGpu = services.Worker.Device.type == DeviceType.CUDA;
        var measured = call.Train && (!onGpu || call.Ordinal == 0);
        var seconds = 0.0;
        var result = await device.Run(
            call.Generation,
            () =>
            {
                if (!measured) return work();
                if (onGpu) torch.cuda.synchronize(services.Worker.Device);
                var begun = Stopwatch.GetTimestamp();
                var made = work();
                if (onGpu) torch.cuda.synchronize(services.Worker.Device);
                seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
                return made;
            },
            order, cancellationToken).ConfigureAwait(false);
        return new DevicePass<T>(result, order, seconds);
    }
}
