namespace LisaOrleans.Model.Tests;

/// <summary>
/// The formulas of the published model descriptions, in double precision, one token at a time and without any trick. Shares
/// no code with the product and uses no tensor library.
/// </summary>
internal static class ReferenceMath
{
    /// <summary>W x, plus a bias if there is one.</summary>
    public static double[] Times(double[][] matrix, double[] x, double[]? bias = null) =>
        [.. matrix.Select((row, i) => row.Zip(x, (a, b) => a * b).Sum() + (bias?[i] ?? 0))];

    /// <summary>NAME.weight x + NAME.bias, for every token.</summary>
    public static double[][] Linear(ReferenceWeights w, string name, double[][] tokens)
    {
        var matrix = w.Matrix(name + ".weight");
        var bias = w.Has(name + ".bias") ? w.Vector(name + ".bias") : null;
        return [.. tokens.Select(x => Times(matrix, x, bias))];
    }

    public static double[] Add(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];

    public static double[][] Add(double[][] a, double[][] b) => [.. a.Zip(b, Add)];

    public static double[] Scale(double[] a, double factor) => [.. a.Select(x => x * factor)];

    /// <summary>x / √(mean of squares + ε) · (offset + weight).</summary>
    public static double[] RmsNorm(double[] x, double[] weight, double epsilon, double offset = 0)
    {
        var root = Math.Sqrt(x.Select(v => v * v).Average() + epsilon);
        return [.. x.Zip(weight, (v, g) => v / root * (offset + g))];
    }

    public static double[][] RmsNorm(ReferenceWeights w, string name, double[][] tokens, double epsilon, double offset = 0)
    {
        var weight = w.Vector(name + ".weight");
        return [.. tokens.Select(x => RmsNorm(x, weight, epsilon, offset))];
    }

    public static double Silu(double x) => x / (1 + Math.Exp(-x));

    public static double GeluTanh(double x) => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));

    public static double Softcap(double x, double cap) => cap * Math.Tanh(x / cap);

    public static double[] Softmax(double[] x)
    {
        var most = x.Max();
        var powers = x.Select(v => Math.Exp(v - most)).ToArray();
        return Scale(powers, 1 / powers.Sum());
    }

    /// <summary>The pieces of a vector, of one width each.</summary>
    public static double[][] Heads(double[] x, int width) =>
        [.. Enumerable.Range(0, x.Length / width).Select(h => x[(h * width)..((h + 1) * width)])];

    /// <summary>Numbers j and j + half of a head are a complex number that turns by position · frequency j.</summary>
    /// <param name="head">A head's numbers.</param>
    /// <param name="position">Where its token stands.</param>
    /// <param name="frequencies">One for each pair; what they do not reach stays.</param>
    /// <param name="length">What each complex number is multiplied with.</param>
    public static double[] Turn(double[] head, int position, double[] frequencies, double length = 1)
    {
        var turned = (double[])head.Clone();
        var half = frequencies.Length;
        for (var j = 0; j < half; j++)
        {
            var (cos, sin) = (length * Math.Cos(position * frequencies[j]), length * Math.Sin(position * frequencies[j]));
            (turned[j], turned[j + half]) = ((head[j] * cos) - (head[j + half] * sin), (head[j + half] * cos) + (head[j] * sin));
        }

        return turned;
    }

    /// <summary>θ^(-2j/K) for each pair j of K numbers.</summary>
    public static double[] Frequencies(double theta, int dimensions) =>
        [.. Enumerable.Range(0, dimensions / 2).Select(j => Math.Pow(theta, -2.0 * j / dimensions))];

    /// <summary>YaRN (arXiv 2309.00071, section 3.2), with the ramp's ends at whole dimensions unless they are not to be.</summary>
    public static double[] Yarn(
        double theta, int dimensions, double factor, double original, double fast, double slow, bool truncate = true)
    {
        double At(double turns) => dimensions * Math.Log(original / (turns * 2 * Math.PI)) / (2 * Math.Log(theta));
        var (low, high) = truncate ? (Math.Floor(At(fast)), Math.Ceiling(At(slow))) : (At(fast), At(slow));
        (low, high) = (Math.Max(0, low), Math.Min(dimensions - 1, high));
        return [.. Frequencies(theta, dimensions).Select((f, j) =>
        {
            var ramp = Math.Min(1, Math.Max(0, (j - low) / (high - low)));
            return ((1 - ramp) * f) + (ramp * f / factor);
        })];
    }

    /// <summary>Attention of heads over tokens: for each token its heads' outputs, one after the other.</summary>
    /// <param name="queries">For each token its heads.</param>
    /// <param name="keys">For each token its heads, each for several neighbouring query heads.</param>
    /// <param name="values">As the keys.</param>
    /// <param name="sees">Whether token t sees token s.</param>
    /// <param name="score">What a product of query and key becomes before the softmax.</param>
    /// <param name="sinks">A score of each head that takes part in the softmax and adds nothing; null for none.</param>
    public static double[][] Attention(
        double[][][] queries, double[][][] keys, double[][][] values, Func<int, int, bool> sees, Func<double, double> score,
        double[]? sinks = null)
    {
        var shared = queries[0].Length / keys[0].Length;
        return [.. queries.Select((heads, t) => heads.SelectMany((query, h) =>
        {
            var seen = Enumerable.Range(0, queries.Length).Where(s => s <= t && sees(t, s)).ToArray();
            double[] scores = [.. seen.Select(s => score(query.Zip(keys[s][h / shared], (a, b) => a * b).Sum()))];
            var shares = Softmax(sinks is null ? scores : [.. scores, sinks[h]]);
            var output = new double[query.Length];
            for (var i = 0; i < seen.Length; i++) output = Add(output, Scale(values[seen[i]][h / shared], shares[i]));
            return output;
        }).ToArray())];
    }

    /// <summary>Summed cross-entropy over the labels that are not -100.</summary>
    public static double Loss(double[][] logits, int[] labels) =>
        logits.Zip(labels, (l, label) => label == -100 ? 0 : -Math.Log(Softmax(l)[label])).Sum();
}
