namespace LisaOrleans.Training;

/// <summary>
/// QLoRA (Dettmers et al., arXiv 2305.14314): LoRA on layers whose frozen weights are in NF4 with double quantisation. Just these two
/// choices together, to the bit.
/// </summary>
internal sealed class QloraMethod : LoraMethod, ITrainingMethod
{
    public override string Name => TrainingMethods.Qlora;

    string ITrainingMethod.FrozenWeights(TrainingSpec spec) => "nf4";
}
