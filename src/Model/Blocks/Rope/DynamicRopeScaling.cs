namespace LisaOrleans.Model;

/// <summary>
/// Dynamic NTK: sequences longer than those of pre-training get a larger base, the larger the longer they are (Hugging Face:
/// <c>_compute_dynamic_ntk_parameters</c>).
/// </summary>
/// <param name="Factor">How much longer than pre-training's sequences the model is meant to read.</param>
/// <param name="MaxPositionEmbeddings">Context length of pre-training, in tokens; up to it frequencies are as they are.</param>
public sealed record DynamicRopeScaling(double Factor, int MaxPositionEmbeddings) : RopeScaling
{
    internal override long LengthClass(long length) => length > MaxPositionEmbeddings ? length : 0;

    internal override double[] InverseFrequencies(Rotary rotary, long lengthClass)
    {
        if (lengthClass == 0) return rotary.BaseFrequencies(rotary.Theta);
        double dimensions = rotary.Dimensions;
        var stretch = (Factor * lengthClass / MaxPositionEmbeddings) - (Factor - 1);
        return rotary.BaseFrequencies(rotary.Theta * Math.Pow(stretch, dimensions / (dimensions - 2)));
    }
}
