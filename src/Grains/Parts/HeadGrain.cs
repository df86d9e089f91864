using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Grains;

/// <inheritdoc cref="IHeadGrain"/>
internal sealed class HeadGrain(PartServices services) : PartGrain<HeadPart>(services), IHeadGrain
{
    protected override IReadOnlyList<ParameterSpec> Specs(ModelConfig config) => PartSchema.Head(config);

    protected override HeadPart Create(
        ModelConfig config, PartDtypes dtypes, AdamWOptions options, TrainingSpec spec, Dictionary<string, Tensor> weights)
    {
        var run = RunId;
        return new HeadPart(config, dtypes, options, weights, () => Services.LocalParts.Get(run));
    }

    protected override async Task<MicroBatchResult> RunMicroBatch(MicroBatchCall call, CancellationToken cancellationToken)
    {
        var input_BTD = await Services.Exchange.Claim(call.Activation!, cancellationToken);
        if (call.Train) await Order.Enter(call.Step, call.Index, cancellationToken);
        var result = await OnDevice(
            call.Generation,
            () =>
            {
                var head = Part!.Run(input_BTD, call.Data.Labels, call.LossScale, call.Train, call.InputGradient);
                return new MicroBatchResult
                {
                    LossSum = head.LossSum,
                    LabelCount = head.LabelCount,
                    Gradient = head.Gradient is null ? null : Services.Exchange.Publish(head.Gradient),
                };
            },
            WorkPriority.Backward,
            cancellationToken);
        if (call.Train) Order.Leave();
        return result;
    }
}
