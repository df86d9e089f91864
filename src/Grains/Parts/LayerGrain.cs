using LisaOrleans.Model;
using LisaOrleans.Training;
using static TorchSharp.torch;

namespace LisaOrleans.Grains;

/// <inheritdoc cref="ILayerGrain"/>
[PartPlacement]
internal sealed class LayerGrain(PartServices services) : PartGrain<LayerPart>(services), ILayerGrain
{
    private int Index => PartName.LayerIndex(PartId) ?? throw new InvalidOperationException($"'{PartId}' is not a layer");

    protected override LayerPart Create(
        ModelConfig config, PartDtypes dtypes, IPartOptimizer optimizer, TrainingSpec spec, Dictionary<string, Tensor> weights) =>
        new(config, Index, dtypes, optimizer, spec.GradientCheckpointing, weights, Methods.Adapters(spec), WeightForms.Of(spec), Services.Scratch)
        {
            GradientLanes = GradientLanes.Of(spec),
            RandomKeysByStep = spec.RandomKeysByStep,
        };

    protected override async Task<MicroBatchResult> RunMicroBatch(MicroBatchCall call, CancellationToken cancellationToken)
    {
        using var input = new ClaimedTensor(await Services.Exchange.Claim(call.Activation!, cancellationToken).ConfigureAwait(false));
        var ((activation, gradientWanted), forward, ahead) = await Forward(
            call,
            () =>
            {
                using var positions = MicroBatchPositions.Create(
                    call.Data.PositionIds, call.Data.SegmentIds, call.Data.BatchSize, Services.Worker.Device);
                var output_BTD = Part!.Forward(call.Index, input.HandOn(), positions, call.Train, call.InputGradient, call.Step);
                return (Publish(output_BTD, call), call.Train && (call.InputGradient || Part.Trainable));
            },
            cancellationToken).ConfigureAwait(false);

        var result = await CallNext(call, activation, gradientWanted, forward, cancellationToken).ConfigureAwait(false);
        if (result.Gradient is null) return result with { LayerSeconds = AddSeconds(call, result.LayerSeconds, ahead) };

        using var gradient_BTD = await Services.Exchange.Claim(result.Gradient, cancellationToken).ConfigureAwait(false);
        var (gradient, backward, back) = await Backward(
            call,
            result.Turn,
            () =>
            {
                using var positions = MicroBatchPositions.Create(
                    call.Data.PositionIds, call.Data.SegmentIds, call.Data.BatchSize, Services.Worker.Device);
                var inputGradient = Part!.Backward(call.Index, gradient_BTD, positions);
                return inputGradient is null ? null : Publish(inputGradient, call);
            },
            cancellationToken).ConfigureAwait(false);
        return result with
        {
            Gradient = gradient,
            Turn = backward.Continued,
            LayerSeconds = AddSeconds(call, result.LayerSeconds, ahead + back),
        };
    }
}
