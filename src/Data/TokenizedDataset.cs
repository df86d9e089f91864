namespace LisaOrleans.Data;

/// <summary>Samples as flat arrays: sample i is tokens offsets[i] to offsets[i + 1].</summary>
public sealed class TokenizedDataset
{
    private TokenizedDataset(int[] ids, long[] offsets, byte[] mask, DatasetStatistics statistics) =>
        (Ids, Offsets, Mask, Statistics) = (ids, offsets, mask, statistics);

    /// <summary>Tokens of all samples.</summary>
    public int[] Ids { get; }

    /// <summary>Where samples begin, and the end.</summary>
    public long[] Offsets { get; }

    /// <summary>1 for tokens that carry loss.</summary>
    public byte[] Mask { get; }

    /// <summary>What the data set became.</summary>
    public DatasetStatistics Statistics { get; }

    /// <summary>Samples.</summary>
    public int Count => Offsets.Length - 1;

    /// <summary>Tokens of a sample.</summary>
    public ReadOnlySpan<int> InputIds(int sample) => Ids.AsSpan(Range(sample));

    /// <summary>1 for each token of a sample that carries loss.</summary>
    public ReadOnlySpan<byte> LossMask(int sample) => Mask.AsSpan(Range(sample));

    /// <summary>From arrays of a trusted place.</summary>
    internal static TokenizedDataset Create(List<EncodedSample> samples, DatasetStatistics statistics)
    {
        var offsets = new long[samples.Count + 1];
        for (var i = 0; i < samples.Count; i++) offsets[i + 1] = offsets[i] + samples[i].InputIds.Length;
        var (ids, mask) = (new int[offsets[^1]], new byte[offsets[^1]]);
        for (var i = 0; i < samples.Count; i++)
        {
            samples[i].InputIds.CopyTo(ids, offsets[i]);
            for (var t = 0; t < samples[i].Trained.Length; t++) mask[offsets[i] + t] = samples[i].Trained[t] ? (byte)1 : (byte)0;
        }

        return new TokenizedDataset(ids, offsets, mask, statistics);
    }

    /// <summary>From arrays of a file: everything is checked.</summary>
    /// <exception cref="DatasetException">They do not fit together.</exception>
    public static TokenizedDataset FromArrays(int[] ids, long[] offsets, byte[] mask, int vocabularySize)
    {
        if (ids.Length != mask.Length) throw new DatasetException($"data set: {ids.Length} ids, but {mask.Length} mask entries");
        if (offsets.Length < 2 || offsets[0] != 0 || offsets[^1] != ids.Length)
            throw new DatasetException("data set: offsets must begin with 0 and end with the number of ids");
        for (var i = 1; i < offsets.Length; i++)
            if (offsets[i] <= offsets[i - 1]) throw new DatasetException($"data set: offset {i} does not rise");
        foreach (var id in ids)
            if (id < 0 || id >= vocabularySize) throw new DatasetException($"data set: id {id} is outside the vocabulary of {vocabularySize}");
        var statistics = new DatasetStatistics
        {
            Records = offsets.Length - 1,
            Samples = offsets.Length - 1,
            Tokens = ids.Length,
            TrainedTokens = mask.LongCount(m => m != 0),
        };
        return new TokenizedDataset(ids, offsets, mask, statistics);
    }

    private Range Range(int sample) => new((int)Offsets[sample], (int)Offsets[sample + 1]);
}
