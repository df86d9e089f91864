using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

/// <summary>Holds the gradient of a parameter against differences of a loss in float64.</summary>
internal static class FiniteDifference
{
    /// <summary>Checks the gradient along a fixed direction that touches every element, and takes it.</summary>
    /// <param name="parameter">The parameter.</param>
    /// <param name="lossAt">The loss where the parameter of this name has been moved along a direction by a distance.</param>
    /// <returns>The gradient along that direction.</returns>
    public static double Check(Parameter parameter, Func<string, Tensor, double, double> lossAt)
    {
        using var gradient = parameter.TakeGradient(out _)!;
        var flat = gradient.flatten();
        var direction = arange(flat.numel(), dtype: ScalarType.Float64).mul(0.7).sin();
        var analytic = flat.to(ScalarType.Float64).dot(direction).item<double>();
        var numeric = (lossAt(parameter.Spec.Name, direction, 1e-5) - lossAt(parameter.Spec.Name, direction, -1e-5)) / 2e-5;
        Assert.True(Math.Abs(analytic - numeric) < 1e-4 * (1 + Math.Abs(numeric)), $"{parameter.Spec.Name}: {analytic} against {numeric}");
        return analytic;
    }
}
