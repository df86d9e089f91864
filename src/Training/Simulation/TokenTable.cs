using System.Collections.Concurrent;

namespace LisaOrleans.Training;

/// <summary>
/// A matrix with a row for each token, of which replicas send each other only the rows of the tokens that they met. Of a text that does
/// not exist yet their number is what Zipf's law says: the k-th most frequent token is met 1/k times as often as the first (G. K. Zipf,
/// Human Behavior and the Principle of Least Effort, 1949). Texts on one subject have down to a quarter of that, or a little less.
/// </summary>
/// <param name="rows">Rows: the vocabulary's size.</param>
/// <param name="sumRowBytes">Bytes of a row of gradient sums.</param>
/// <param name="weightRowBytes">Bytes of a row of new weights; 0 where all of them are always sent.</param>
public sealed class TokenTable(int rows, double sumRowBytes, double weightRowBytes)
{
    private readonly ConcurrentDictionary<long, double> _distinct = [];
    private readonly double _first = 1 / Enumerable.Range(1, rows).Sum(k => 1.0 / k);

    /// <summary>How many different tokens are among so many, on average.</summary>
    public double Distinct(long tokens) => _distinct.GetOrAdd(
        tokens, count => Enumerable.Range(1, rows).Sum(k => 1 - Math.Pow(1 - (_first / k), count)));

    /// <summary>Bytes of a sum that need not be sent. Each row that is sent has its number with it.</summary>
    /// <param name="tokens">Tokens that the sum is of.</param>
    public double SavedOfSum(long tokens) => Math.Max(0, (rows * sumRowBytes) - (Distinct(tokens) * (sumRowBytes + sizeof(long))));

    /// <summary>Bytes of new weights that need not be sent.</summary>
    /// <param name="tokens">Tokens of the step that needs them.</param>
    public double SavedOfWeights(long tokens) => (rows - Distinct(tokens)) * weightRowBytes;
}
