using LisaOrleans.Model;
using LisaOrleans.Training;
using static TorchSharp.torch;

namespace LisaOrleans.Grains;

/// <inheritdoc cref="IHeadGrain"/>
[PartPlacement]
internal sealed class HeadGrain(PartServices services) : PartGrain<HeadPart>(services), IHeadGrain
{
    private IPairLoss? _loss;

    protected override HeadPart Create(
        ModelConfig config, PartDtypes dtypes, IPartOptimizer optimizer, TrainingSpec spec, Dictionary<string, Tensor> weights)
    {
        var run = RunId;
        _loss = Objectives.PairLoss(spec);
        return new HeadPart(config, dtypes, optimizer, weights, () => Services.LocalParts.Embedding(run, Generation))
        {
            GradientLanes = GradientLanes.Of(spec),
            RandomKeysByStep = spec.RandomKeysByStep,
        };
    }

    protected override async Task<MicroBatchResult> RunMicroBatch(MicroBatchCall call, CancellationToken cancellationToken)
    {
        using var input = new ClaimedTensor(await Services.Exchange.Claim(call.Activation!, cancellationToken).ConfigureAwait(false));
        var (result, backward, _) = await Backward(
            call,
            call.Turn,
            () =>
            {
                var head = call.Data.IsPairs
                    ? Part!.RunPairs(
                        call.Index, input.HandOn(), call.Data.Labels, LossOf(call.Data), call.Data.ReferenceLogProbs, call.LossScale, call.Train,
                        call.InputGradient)
                    : Part!.Run(
                        call.Index, input.HandOn(), call.Data.Labels, call.Data.LossWeights, call.LossScale, call.Train, call.InputGradient);
                return new MicroBatchResult
                {
                    LossSum = head.LossSum,
                    LabelCount = head.LabelCount,
                    Gradient = head.Gradient is null ? null : Publish(head.Gradient, call),
                    LogProbs = head.LogProbs,
                };
            },
            cancellationToken).ConfigureAwait(false);
        return result with { Turn = backward.Continued };
    }

    // While the reference is being made there is nothing to compare with.
    private IPairLoss? LossOf(MicroBatch batch) => _loss is { NeedsReference: true } && batch.ReferenceLogProbs is null ? null : _loss;
}
