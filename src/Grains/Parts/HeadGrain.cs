using LisaOrleans.Model;
using LisaOrleans.Training;
using static TorchSharp.torch;

namespace LisaOrleans.Grains;

/// <inheritdoc cref="IHeadGrain"/>
[PartPlacement]
internal sealed class HeadGrain(PartServices services) : PartGrain<HeadPart>(services), IHeadGrain
{
    protected override HeadPart Create(
        ModelConfig config, PartDtypes dtypes, IPartOptimizer optimizer, TrainingSpec spec, Dictionary<string, Tensor> weights)
    {
        var run = RunId;
        return new HeadPart(config, dtypes, optimizer, weights, () => Services.LocalParts.Embedding(run, Generation))
        {
            GradientLanes = GradientLanes.Of(spec),
        };
    }

    protected override async Task<MicroBatchResult> RunMicroBatch(MicroBatchCall call, CancellationToken cancellationToken)
    {
        using var input = new ClaimedTensor(await Services.Exchange.Claim(call.Activation!, cancellationToken));
        var (result, backward) = await Backward(
            call,
            call.Turn,
            () =>
            {
                var head = Part!.Run(call.Index, input.HandOn(), call.Data.Labels, call.LossScale, call.Train, call.InputGradient);
                return new MicroBatchResult
                {
                    LossSum = head.LossSum,
                    LabelCount = head.LabelCount,
                    Gradient = head.Gradient is null ? null : Publish(head.Gradient, call),
                };
            },
            cancellationToken);
        return result with { Turn = backward.Continued };
    }
}
