namespace LisaOrleans.Model;

/// <summary>Functions near 0 and 1, where the obvious formulas lose their digits. .NET's LogP1 and ExpM1 are these formulas.</summary>
internal static class Logarithms
{
    /// <summary>1 / (1 + exp(-x)).</summary>
    public static double Sigmoid(double x) => x >= 0 ? 1 / (1 + Math.Exp(-x)) : Math.Exp(x) / (1 + Math.Exp(x));

    /// <summary>log(1 / (1 + exp(-x))).</summary>
    public static double LogSigmoid(double x) => Math.Min(x, 0) - LogOnePlus(Math.Exp(-Math.Abs(x)));

    /// <summary>log(1 - exp(x)) for x below 0.</summary>
    public static double LogOneMinusExp(double x) => x > -0.693 ? Math.Log(-ExpMinusOne(x)) : LogOnePlus(-Math.Exp(x));

    /// <summary>exp(x) - 1 (Kahan).</summary>
    public static double ExpMinusOne(double x)
    {
        var u = Math.Exp(x);
        return u == 1 ? x : u - 1 == -1 ? -1 : (u - 1) * x / Math.Log(u);
    }

    // log(1 + x) (Kahan).
    private static double LogOnePlus(double x)
    {
        var u = 1 + x;
        return u == 1 ? x : Math.Log(u) * x / (u - 1);
    }
}
