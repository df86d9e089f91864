using System.Globalization;
using System.Runtime.InteropServices;

namespace LisaOrleans.Data;

/// <summary>
/// Samples as flat arrays: sample i is tokens offsets[i] to offsets[i + 1]. Ids, masks and weights may lie in a file that is mapped, so
/// a set may be larger than memory.
/// </summary>
public sealed class TokenizedDataset : IDisposable
{
    private readonly ReadOnlyMemory<int> _ids;
    private readonly ReadOnlyMemory<byte> _mask;
    private readonly ReadOnlyMemory<float> _weights;
    private readonly IDisposable? _owner;

    internal TokenizedDataset(
        ReadOnlyMemory<int> ids, long[] offsets, ReadOnlyMemory<byte> mask, ReadOnlyMemory<float> weights, DatasetStatistics statistics,
        IDisposable? owner) => (_ids, Offsets, _mask, _weights, Statistics, _owner) = (ids, offsets, mask, weights, statistics, owner);

    /// <summary>Tokens of all samples.</summary>
    public ReadOnlyMemory<int> Ids => _ids;

    /// <summary>Where samples begin, and the end.</summary>
    public long[] Offsets { get; }

    /// <summary>1 for tokens that carry loss; empty where there are <see cref="Weights"/>.</summary>
    public ReadOnlyMemory<byte> Mask => _mask;

    /// <summary>What the loss of each token is multiplied with, 0 for those without loss; empty where every loss counts once.</summary>
    public ReadOnlyMemory<float> Weights => _weights;

    /// <summary>What the data set became.</summary>
    public DatasetStatistics Statistics { get; }

    /// <summary>Samples.</summary>
    public int Count => Offsets.Length - 1;

    /// <summary>Tokens of a sample.</summary>
    public ReadOnlySpan<int> InputIds(int sample) => _ids.Span[Range(sample)];

    /// <summary>1 for each token of a sample that carries loss.</summary>
    public ReadOnlySpan<byte> LossMask(int sample) => _weights.IsEmpty
        ? _mask.Span[Range(sample)]
        : Array.ConvertAll(LossWeights(sample).ToArray(), w => w > 0 ? (byte)1 : (byte)0);

    /// <summary>What the loss of each token of a sample is multiplied with; empty where every loss counts once.</summary>
    public ReadOnlySpan<float> LossWeights(int sample) => _weights.IsEmpty ? [] : _weights.Span[Range(sample)];

    /// <summary>How many tokens a sample has, without reading them.</summary>
    public int Length(int sample) => (int)(Offsets[sample + 1] - Offsets[sample]);

    /// <summary>Tokens of the longest sample.</summary>
    public int Longest => Enumerable.Range(0, Count).Max(Length);

    /// <summary>Writes the ids, as they lie in memory, without reading them through a mapping.</summary>
    public void WriteIds(Stream target)
    {
        if (_owner is TokenSpool spool) spool.CopyIdsTo(target);
        else target.Write(MemoryMarshal.AsBytes(_ids.Span));
    }

    /// <summary>Writes the weights, or where there are none the mask, as <see cref="WriteIds"/>.</summary>
    public void WriteLearned(Stream target)
    {
        if (_owner is TokenSpool spool) spool.CopyLearnedTo(target);
        else if (_weights.IsEmpty) target.Write(_mask.Span);
        else target.Write(MemoryMarshal.AsBytes(_weights.Span));
    }

    /// <inheritdoc/>
    public void Dispose() => _owner?.Dispose();

    /// <summary>From samples of a trusted source.</summary>
    internal static TokenizedDataset Create(List<EncodedSample> samples, DatasetStatistics statistics)
    {
        var spool = new TokenSpool();
        foreach (var sample in samples) spool.Add(sample);
        return spool.Build(statistics);
    }

    /// <summary>From the arrays of a file; everything is checked.</summary>
    /// <exception cref="DatasetException">They do not fit together.</exception>
    public static TokenizedDataset FromArrays(
        ReadOnlyMemory<int> ids, long[] offsets, ReadOnlyMemory<byte> mask, int vocabularySize)
    {
        CheckIds(ids.Span, vocabularySize);
        var statistics = new DatasetStatistics { TrainedTokens = mask.Length - mask.Span.Count((byte)0) };
        return FromChecked(ids, offsets, mask, default, statistics, owner: null);
    }

    /// <summary>From memory whose numbers were checked by <see cref="CheckIds"/> and <see cref="CheckWeights"/>; the rest is checked here.</summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="offsets">Where samples begin, and the end.</param>
    /// <param name="mask">1 for tokens that carry loss; empty where there are weights.</param>
    /// <param name="weights">What the loss of each token is multiplied with; empty where there is a mask.</param>
    /// <param name="learned">Counts of the tokens that carry loss.</param>
    /// <param name="owner">What keeps the memory alive, and is disposed of with the data set.</param>
    /// <exception cref="DatasetException">They do not fit together.</exception>
    public static TokenizedDataset FromChecked(
        ReadOnlyMemory<int> ids, long[] offsets, ReadOnlyMemory<byte> mask, ReadOnlyMemory<float> weights, DatasetStatistics learned,
        IDisposable? owner)
    {
        if (ids.Length != mask.Length + weights.Length)
            throw new DatasetException($"data set: {ids.Length} ids, but {mask.Length + weights.Length} {(weights.IsEmpty ? "mask entries" : "weights")}");
        if (offsets.Length < 2 || offsets[0] != 0 || offsets[^1] != ids.Length)
            throw new DatasetException("data set: offsets must begin with 0 and end with the number of ids");
        for (var i = 1; i < offsets.Length; i++)
            if (offsets[i] <= offsets[i - 1]) throw new DatasetException($"data set: offset {i} does not rise");
        var statistics = learned with { Records = offsets.Length - 1, Samples = offsets.Length - 1, Tokens = ids.Length };
        return new TokenizedDataset(ids, offsets, mask, weights, statistics, owner);
    }

    /// <exception cref="DatasetException">An id is not in the vocabulary.</exception>
    public static void CheckIds(ReadOnlySpan<int> ids, int vocabularySize)
    {
        var wrong = ids.IndexOfAnyExceptInRange(0, vocabularySize - 1);
        if (wrong >= 0) throw new DatasetException($"data set: id {ids[wrong]} is outside the vocabulary of {vocabularySize}");
    }

    /// <exception cref="DatasetException">A weight is no finite number of at least 0.</exception>
    public static void CheckWeights(ReadOnlySpan<float> weights)
    {
        foreach (var weight in weights)
            if (!float.IsFinite(weight) || weight < 0)
                throw new DatasetException(string.Create(
                    CultureInfo.InvariantCulture, $"data set: a weight is {weight}; it must be finite, and at least 0"));
    }

    private Range Range(int sample) => new((int)Offsets[sample], (int)Offsets[sample + 1]);
}
