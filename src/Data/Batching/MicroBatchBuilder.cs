namespace LisaOrleans.Data;

/// <summary>Makes micro-batches of samples, or of packed blocks of samples. Pure.</summary>
/// <param name="data">The samples.</param>
/// <param name="packing">Blocks, or null where each row is one sample.</param>
/// <param name="padTokenId">Fills rows up to the longest of the micro-batch.</param>
public sealed class MicroBatchBuilder(TokenizedDataset data, PackedBlocks? packing, int padTokenId)
{
    /// <summary>The micro-batch of given rows: indices of samples, or of blocks where there is packing.</summary>
    public MicroBatch Build(IReadOnlyList<int> rows)
    {
        var samples = rows.Select(r => packing?.Samples(r) ?? [r]).ToArray();
        var length = samples.Max(row => row.Sum(s => data.Length(s)));
        var size = rows.Count * length;
        var ids = new int[size];
        var labels = new int[size];
        var positions = packing is null ? null : new int[size];
        var segments = packing is null ? null : new int[size];
        Array.Fill(ids, padTokenId);
        Array.Fill(labels, MicroBatch.IgnoreIndex);
        if (segments is not null) Array.Fill(segments, -1);

        var tokens = 0;
        for (var row = 0; row < samples.Length; row++)
        {
            var at = row * length;
            for (var segment = 0; segment < samples[row].Count; segment++)
            {
                var sample = data.InputIds(samples[row][segment]);
                var mask = data.LossMask(samples[row][segment]);
                sample.CopyTo(ids.AsSpan(at));
                for (var t = 0; t < sample.Length; t++)
                {
                    if (t + 1 < sample.Length && mask[t + 1] != 0) labels[at + t] = sample[t + 1];
                    if (positions is not null) positions[at + t] = t;
                    if (segments is not null) segments[at + t] = segment;
                }

                at += sample.Length;
                tokens += sample.Length;
            }
        }

        return new MicroBatch
        {
            BatchSize = rows.Count,
            SequenceLength = length,
            InputIds = ids,
            Labels = labels,
            PositionIds = positions,
            SegmentIds = segments,
            SampleIds = [.. samples.SelectMany(s => s)],
            LabelCount = labels.Count(l => l != MicroBatch.IgnoreIndex),
            TokenCount = tokens,
        };
    }
}
