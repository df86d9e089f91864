using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

/// <summary>The arithmetic of matrices in float64, written out, for the formulas that optimizers are held to.</summary>
internal static class Float64Matrix
{
    public static double[,] Matrix(Tensor tensor)
    {
        var numbers = tensor.detach().to(ScalarType.Float64).contiguous().data<double>().ToArray();
        var matrix = new double[tensor.shape[0], tensor.shape[1]];
        Buffer.BlockCopy(numbers, 0, matrix, 0, numbers.Length * sizeof(double));
        return matrix;
    }

    public static double[,] Sum(double a, double[,] x, double b, double[,] y) =>
        Make(x.GetLength(0), x.GetLength(1), (i, j) => (a * x[i, j]) + (b * y[i, j]));

    public static double[,] Transposed(double[,] x) => Make(x.GetLength(1), x.GetLength(0), (i, j) => x[j, i]);

    public static double[,] Product(double[,] x, double[,] y) => Make(
        x.GetLength(0), y.GetLength(1), (i, j) => Enumerable.Range(0, y.GetLength(0)).Sum(k => x[i, k] * y[k, j]));

    public static double[,] Map(double[,] x, Func<double, double> value) => Make(x.GetLength(0), x.GetLength(1), (i, j) => value(x[i, j]));

    public static double Norm(double[,] x) => Math.Sqrt(x.Cast<double>().Sum(v => v * v));

    public static double[,] Make(int rows, int columns, Func<int, int, double> value)
    {
        var made = new double[rows, columns];
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < columns; j++)
                made[i, j] = value(i, j);
        return made;
    }

    public static void AssertClose(double[,] expected, double[,] actual, double tolerance)
    {
        Assert.Equal((expected.GetLength(0), expected.GetLength(1)), (actual.GetLength(0), actual.GetLength(1)));
        for (var i = 0; i < expected.GetLength(0); i++)
            for (var j = 0; j < expected.GetLength(1); j++)
                Assert.Equal(expected[i, j], actual[i, j], tolerance * (1 + Math.Abs(expected[i, j])));
    }

    /// <summary>AdamW's direction (arXiv 1711.05101) for the gradients so far, the last one last; or what it is uncorrected.</summary>
    public static double[,] AdamDirection(
        IReadOnlyList<double[,]> gradients, double beta1, double beta2, double epsilon, bool correctsBias = true)
    {
        var (first, second) = (Map(gradients[0], _ => 0), Map(gradients[0], _ => 0));
        foreach (var g in gradients)
        {
            first = Sum(beta1, first, 1 - beta1, g);
            second = Sum(beta2, second, 1 - beta2, Map(g, v => v * v));
        }

        var (correct1, correct2) = correctsBias ? (1 - Math.Pow(beta1, gradients.Count), 1 - Math.Pow(beta2, gradients.Count)) : (1, 1);
        return Make(first.GetLength(0), first.GetLength(1), (i, j) =>
            first[i, j] / correct1 / (Math.Sqrt(second[i, j] / correct2) + epsilon));
    }
}
