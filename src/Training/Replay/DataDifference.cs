using LisaOrleans.Checkpoints;
using LisaOrleans.Data;

namespace LisaOrleans.Training;

/// <summary>Compares two tokenised data sets sample by sample.</summary>
public static class DataDifference
{
    /// <summary>The first sample that differs, in words; null where none does.</summary>
    /// <param name="store">The store that has both.</param>
    /// <param name="had">One data set.</param>
    /// <param name="other">The other.</param>
    /// <param name="vocabularySize">The model's.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<string?> FindAsync(
        IBlobStore store, BlobRef had, BlobRef other, int vocabularySize, CancellationToken cancellationToken)
    {
        using var a = await DatasetStorage.Read(store, had, vocabularySize, cancellationToken).ConfigureAwait(false);
        using var b = await DatasetStorage.Read(store, other, vocabularySize, cancellationToken).ConfigureAwait(false);
        for (var sample = 0; sample < Math.Min(a.Count, b.Count); sample++)
        {
            if (a.InputIds(sample).SequenceEqual(b.InputIds(sample)) && Weights(a, sample).SequenceEqual(Weights(b, sample))) continue;
            return $"sample {sample} is another one ({a.Length(sample)} and {b.Length(sample)} tokens)";
        }

        return a.Count == b.Count ? null : $"{a.Count} and {b.Count} samples";
    }

    private static ReadOnlySpan<float> Weights(TokenizedDataset data, int sample) =>
        data.Weights.IsEmpty ? Array.ConvertAll(data.LossMask(sample).ToArray(), m => (float)m) : data.LossWeights(sample);
}
