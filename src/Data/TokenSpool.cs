namespace LisaOrleans.Data;

/// <summary>Tokens of samples as they come, on disk, with what is learned of them: a mask, or weights once a sample has some.</summary>
internal sealed class TokenSpool : IDisposable
{
    private const int Piece = 1 << 16;

    private readonly SpoolFile _ids = new();
    private readonly List<long> _offsets = [0];
    private SpoolFile? _mask = new();
    private SpoolFile? _weights;

    public int Count => _offsets.Count - 1;

    public void Add(EncodedSample sample)
    {
        _ids.Write<int>(sample.InputIds);
        if (sample.Weights is not null && _weights is null) BeginWeights();

        // true is the byte 1.
        if (_weights is null) _mask!.Write<bool>(sample.Trained);
        else _weights.Write<float>(sample.WeightsOrOnes());
        _offsets.Add(_offsets[^1] + sample.InputIds.Length);
    }

    /// <summary>The data set, which lies in the files and owns them.</summary>
    public TokenizedDataset Build(DatasetStatistics statistics) => new(
        _ids.Map<int>(), _offsets.ToArray(), _mask?.Map<byte>() ?? default, _weights?.Map<float>() ?? default, statistics, this);

    public void CopyIdsTo(Stream target) => _ids.CopyTo(target);

    /// <summary>Copies the weights where there are any, else the mask.</summary>
    public void CopyLearnedTo(Stream target) => (_weights ?? _mask!).CopyTo(target);

    public void Dispose()
    {
        _ids.Dispose();
        _mask?.Dispose();
        _weights?.Dispose();
    }

    // The samples so far count by zeros and ones.
    private void BeginWeights()
    {
        _weights = new SpoolFile();
        if (Count > 0)
        {
            var (mask, piece) = (_mask!.Map<byte>(), new float[Piece]);
            for (var at = 0; at < mask.Length; at += Piece)
            {
                var part = mask.Span[at..Math.Min(mask.Length, at + Piece)];
                for (var i = 0; i < part.Length; i++) piece[i] = part[i];
                _weights.Write<float>(piece.AsSpan(0, part.Length));
            }
        }

        _mask!.Dispose();
        _mask = null;
    }
}
