namespace LisaOrleans.Data;

/// <summary>Makes micro-batches of samples, or of packed blocks of samples. Pure.</summary>
/// <param name="data">The samples.</param>
/// <param name="packing">Blocks, or null where each row is one sample.</param>
/// <param name="padTokenId">Fills rows up to the longest of the micro-batch, and the places of masked samples.</param>
/// <param name="masked">
/// Samples that are not to be learned from; null for none. Their places hold pads without a label, so that the other rows, and the
/// other samples of a block, are what they would be, and nothing depends on what the samples say.
/// </param>
/// <param name="pairs">Whether samples 2i and 2i + 1 are a pair of answers; not with packing. Default false.</param>
public sealed class MicroBatchBuilder(
    TokenizedDataset data, PackedBlocks? packing, int padTokenId, IReadOnlyList<int>? masked = null, bool pairs = false)
{
    private readonly HashSet<int> _masked = [.. masked ?? []];

    /// <summary>The micro-batch of given rows.</summary>
    /// <param name="rows">Indices of samples, of pairs, which are two rows each, or of blocks where there is packing.</param>
    /// <param name="logProbs">What is known of each sample, for <see cref="MicroBatch.ReferenceLogProbs"/>; null for nothing.</param>
    public MicroBatch Build(IReadOnlyList<int> rows, IReadOnlyList<double>? logProbs = null)
    {
        var samples = rows.SelectMany(Samples).ToArray();
        var length = samples.Max(row => row.Sum(Length));
        var size = samples.Length * length;
        var ids = new int[size];
        var labels = new int[size];
        var positions = packing is null ? null : new int[size];
        var segments = packing is null ? null : new int[size];
        var weights = data.Weights.IsEmpty ? null : new float[size];
        Array.Fill(ids, padTokenId);
        Array.Fill(labels, MicroBatch.IgnoreIndex);
        if (segments is not null) Array.Fill(segments, -1);

        var tokens = 0;
        for (var row = 0; row < samples.Length; row++)
        {
            var at = row * length;
            for (var segment = 0; segment < samples[row].Count; segment++)
            {
                var number = samples[row][segment];
                var sampleLength = Length(number);
                for (var t = 0; t < sampleLength; t++)
                {
                    if (positions is not null) positions[at + t] = t;
                    if (segments is not null) segments[at + t] = segment;
                }

                if (!_masked.Contains(number))
                {
                    Fill(
                        number, ids.AsSpan(at, sampleLength), labels.AsSpan(at, sampleLength), weights is null ? [] : weights.AsSpan(at, sampleLength));
                    tokens += sampleLength;
                }

                at += sampleLength;
            }
        }

        return new MicroBatch
        {
            BatchSize = samples.Length,
            SequenceLength = length,
            InputIds = ids,
            Labels = labels,
            PositionIds = positions,
            SegmentIds = segments,
            SampleIds = [.. samples.SelectMany(s => s).Where(s => !_masked.Contains(s))],
            LabelCount = labels.Count(l => l != MicroBatch.IgnoreIndex),
            TokenCount = tokens,
            IsPairs = pairs,
            LossWeights = weights.AsSpan().ContainsAnyExcept(0, 1) ? weights : null,
            ReferenceLogProbs = logProbs is null ? null : [.. samples.Select(row => logProbs[row[0]])],
        };
    }

    // A masked row has no length of its own. In a block a masked sample keeps its room, which says where the others are.
    private int Length(int sample) => packing is null && _masked.Contains(sample) ? 1 : data.Length(sample);

    private void Fill(int number, Span<int> ids, Span<int> labels, Span<float> weights)
    {
        var sample = data.InputIds(number);
        sample.CopyTo(ids);
        if (weights.IsEmpty)
        {
            var mask = data.LossMask(number);
            for (var t = 0; t + 1 < sample.Length; t++)
                if (mask[t + 1] != 0) labels[t] = sample[t + 1];
            return;
        }

        data.LossWeights(number)[1..].CopyTo(weights);
        for (var t = 0; t + 1 < sample.Length; t++)
            if (weights[t] > 0) labels[t] = sample[t + 1];
    }

    private IEnumerable<IReadOnlyList<int>> Samples(int row) => pairs ? [[2 * row], [(2 * row) + 1]] : [packing?.Samples(row) ?? [row]];
}
