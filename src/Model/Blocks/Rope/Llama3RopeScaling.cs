namespace LisaOrleans.Model;

/// <summary>
/// Llama 3.1's scheme: low frequencies divided, high ones kept, a smooth ramp between (Hugging Face:
/// <c>_compute_llama3_parameters</c>).
/// </summary>
/// <param name="Factor">Divisor of low frequencies.</param>
/// <param name="LowFreqFactor">Wavelengths above OriginalMaxPositionEmbeddings / this are divided fully.</param>
/// <param name="HighFreqFactor">Wavelengths below OriginalMaxPositionEmbeddings / this are kept.</param>
/// <param name="OriginalMaxPositionEmbeddings">Context length of pre-training, in tokens.</param>
public sealed record Llama3RopeScaling(
    double Factor, double LowFreqFactor, double HighFreqFactor, int OriginalMaxPositionEmbeddings) : RopeScaling
{
    internal override double[] InverseFrequencies(Rotary rotary, long lengthClass) =>
        [.. rotary.BaseFrequencies(rotary.Theta).Select(Scale)];

    private double Scale(double frequency)
    {
        // 0 at long wavelengths (divided by the factor), 1 at short ones (kept).
        var wavelength = 2 * Math.PI / frequency;
        var smooth = Math.Clamp(
            ((OriginalMaxPositionEmbeddings / wavelength) - LowFreqFactor) / (HighFreqFactor - LowFreqFactor), 0, 1);
        return ((1 - smooth) * frequency / Factor) + (smooth * frequency);
    }
}
