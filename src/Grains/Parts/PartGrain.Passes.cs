using LisaOrleans.Model;

namespace LisaOrleans.Grains;

/// <content>How micro-batches go through its device.</content>
internal abstract partial class PartGrain<TPart>
    where TPart : ModelPart
{
    /// <inheritdoc cref="PartPasses.Forward"/>
    protected Task<DevicePass<T>> Forward<T>(MicroBatchCall call, Func<T> work, CancellationToken cancellationToken) =>
        _passes.Forward(call, work, cancellationToken);

    /// <inheritdoc cref="PartPasses.Backward"/>
    protected Task<DevicePass<T>> Backward<T>(MicroBatchCall call, long? turn, Func<T> work, CancellationToken cancellationToken) =>
        _passes.Backward(call, turn, work, cancellationToken);

    /// <inheritdoc cref="PartPasses.AddSeconds"/>
    protected double[]? AddSeconds(MicroBatchCall call, double[]? later, double seconds) => _passes.AddSeconds(call, later, seconds);
}
