using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Grains;

/// <content>How micro-batches go through it.</content>
internal abstract partial class PartGrain<TPart>
    where TPart : ModelPart
{
    private NextPart Next => _next ?? throw new InvalidOperationException($"{PartId} has no next part");

    public async Task<MicroBatchResult> Run(MicroBatchCall call, CancellationToken cancellationToken)
    {
        _fence.Check(call.Generation);
        using var span = PartTelemetry.MicroBatch(PartId, call);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _fence.Current);
        await _replicas.WeightsOf(call, linked.Token);
        return await RunMicroBatch(call, linked.Token);
    }

    async Task<MicroBatchResult> ILocalPart.Walk(MicroBatchCall call, CancellationToken cancellationToken)
    {
        // First, as the grain may enter another generation at any moment.
        var current = _fence.Current;
        _fence.Check(call.Generation);
        using var span = PartTelemetry.MicroBatch(PartId, call);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, current);
        return await RunMicroBatch(call, linked.Token).ConfigureAwait(false);
    }

    /// <summary>
    /// Forward is this call, backward is its return. In a turn of the grain or outside of any, so what it awaits captures no context.
    /// </summary>
    protected abstract Task<MicroBatchResult> RunMicroBatch(MicroBatchCall call, CancellationToken cancellationToken);

    /// <summary>Publishes a tensor for the next part or the one before. On the device's thread.</summary>
    protected TensorTicket Publish(Tensor tensor, MicroBatchCall call) => services.Exchange.Publish(tensor, RunId, call.Generation);

    /// <summary>Calls the next part; a failure frees the activation that it did not get.</summary>
    protected async Task<MicroBatchResult> CallNext(
        MicroBatchCall call, TensorTicket activation, bool inputGradient, WorkOrder forward, CancellationToken cancellationToken)
    {
        var called = Next.Run(
            call with { Activation = activation, InputGradient = inputGradient, Turn = forward.Continued }, cancellationToken);
        await ((Task)called).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!called.IsCompletedSuccessfully)
        {
            services.Exchange.Discard(activation);

            // Else the failure would unwind all parts of the silo on one stack, each within the handler of the next one.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }

        return await called.ConfigureAwait(false);
    }

    /// <inheritdoc cref="PartPasses.Forward"/>
    protected Task<DevicePass<T>> Forward<T>(MicroBatchCall call, Func<T> work, CancellationToken cancellationToken) =>
        _passes.Forward(call, work, cancellationToken);

    /// <inheritdoc cref="PartPasses.Backward"/>
    protected Task<DevicePass<T>> Backward<T>(MicroBatchCall call, long? turn, Func<T> work, CancellationToken cancellationToken) =>
        _passes.Backward(call, turn, work, cancellationToken);

    /// <inheritdoc cref="PartPasses.AddSeconds"/>
    protected double[]? AddSeconds(MicroBatchCall call, double[]? later, double seconds) => _passes.AddSeconds(call, later, seconds);
}
