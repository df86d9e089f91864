namespace LisaOrleans.Data;

/// <summary>Tokens and masks of samples as they come, on disk.</summary>
internal sealed class TokenSpool : IDisposable
{
    private readonly SpoolFile _ids = new();
    private readonly SpoolFile _mask = new();
    private readonly List<long> _offsets = [0];

    public int Count => _offsets.Count - 1;

    public void Add(ReadOnlySpan<int> ids, ReadOnlySpan<bool> trained)
    {
        _ids.Write(ids);

        // true is the byte 1.
        _mask.Write(trained);
        _offsets.Add(_offsets[^1] + ids.Length);
    }

    /// <summary>The data set, which lies in the files and owns them.</summary>
    public TokenizedDataset Build(DatasetStatistics statistics) =>
        new(_ids.Map<int>(), _offsets.ToArray(), _mask.Map<byte>(), statistics, this);

    public void CopyIdsTo(Stream target) => _ids.CopyTo(target);

    public void CopyMaskTo(Stream target) => _mask.CopyTo(target);

    public void Dispose()
    {
        _ids.Dispose();
        _mask.Dispose();
    }
}
