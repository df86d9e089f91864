using LisaOrleans.Model;
using LisaOrleans.Training;
using static TorchSharp.torch;

namespace LisaOrleans.Grains;

/// <inheritdoc cref="IEmbeddingGrain"/>
[PartPlacement]
internal sealed class EmbeddingGrain(PartServices services) : PartGrain<EmbeddingPart>(services), IEmbeddingGrain
{
    protected override EmbeddingPart Create(
        ModelConfig config, PartDtypes dtypes, IPartOptimizer optimizer, TrainingSpec spec, Dictionary<string, Tensor> weights) =>
        new(config, dtypes, optimizer, weights)
        {
            GradientLanes = GradientLanes.Of(spec),
            RandomKeysByStep = spec.RandomKeysByStep,
            NoPaddingGradient = spec.NoPaddingGradient,
        };

    protected override async Task<MicroBatchResult> RunMicroBatch(MicroBatchCall call, CancellationToken cancellationToken)
    {
        var data = call.Data;
        var ((activation, trains), forward, _) = await Forward(
            call,
            () =>
            {
                Part!.Check(data.InputIds);
                using var ids_BT = tensor(
                    Array.ConvertAll(data.InputIds, i => (long)i), data.BatchSize, data.SequenceLength, device: Services.Worker.Device);
                using var positions = MicroBatchPositions.Create(
                    data.PositionIds, data.SegmentIds, data.BatchSize, Services.Worker.Device);
                return (Publish(Part.Forward(call.Index, ids_BT, positions, call.Train), call), Part.Trainable);
            },
            cancellationToken).ConfigureAwait(false);

        var result = await CallNext(call, activation, inputGradient: call.Train && trains, forward, cancellationToken).ConfigureAwait(false);
        if (result.Gradient is null) return result;

        using var gradient_BTD = await Services.Exchange.Claim(result.Gradient, cancellationToken).ConfigureAwait(false);
        await Backward(
            call,
            result.Turn,
            () =>
            {
                Part!.Backward(call.Index, gradient_BTD);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
        return result with { Gradient = null };
    }
}
