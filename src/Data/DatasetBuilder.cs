namespace LisaOrleans.Data;

/// <summary>Fits samples into the block size, keeps them, and counts what happens to them.</summary>
internal sealed class DatasetBuilder(DatasetSettings settings, int blockSize) : IDisposable
{
    private readonly TokenSpool _samples = new();
    private readonly List<int> _lengths = [];
    private int _pairs;
    private (int Truncated, int Split, int Skipped) _count;
    private (long All, long Trained, long Cut) _tokens;

    public int Records => _lengths.Count - _pairs;

    /// <summary>Takes the next record's sample.</summary>
    /// <param name="sample">All of its tokens.</param>
    /// <param name="isText">Whether it is a text, which may go on in another block.</param>
    public void Add(EncodedSample sample, bool isText)
    {
        var length = sample.InputIds.Length;
        _lengths.Add(length);
        if (isText && length > blockSize && settings.LongTexts == LongTexts.Split)
        {
            _count.Split++;
            for (var at = 0; at < length; at += blockSize)
            {
                var piece = Part(sample, at, Math.Min(blockSize, length - at));

                // Nothing can be learned from a last token that stands alone: it is predicted from nothing.
                if (!Keep(piece)) _tokens.Cut += piece.InputIds.Length;
            }

            return;
        }

        if (length > blockSize)
        {
            _count.Truncated++;
            _tokens.Cut += length - blockSize;
            sample = Part(sample, 0, blockSize);
        }

        if (!Keep(sample)) _count.Skipped++;
    }

    /// <summary>Takes the next record's two answers, which stay together: what leaves nothing to learn of one leaves out both.</summary>
    public void AddPair(EncodedSample chosen, EncodedSample rejected)
    {
        _pairs++;
        EncodedSample[] answers = [chosen, rejected];
        _lengths.AddRange(answers.Select(a => a.InputIds.Length));
        var isCut = answers.Any(a => a.InputIds.Length > blockSize);
        _tokens.Cut += answers.Sum(a => Math.Max(0, a.InputIds.Length - blockSize));
        if (isCut) _count.Truncated++;
        answers = [.. answers.Select(a => Part(a, 0, Math.Min(blockSize, a.InputIds.Length)))];
        if (answers.Any(a => Learned(a) == 0)) _count.Skipped++;
        else foreach (var answer in answers) Keep(answer);
    }

    /// <summary>All of it; null where there is no sample.</summary>
    public TokenizedDataset? Build(FieldPolicy policy)
    {
        if (_samples.Count == 0) return null;
        var statistics = new DatasetStatistics
        {
            Records = Records,
            Samples = _samples.Count,
            Truncated = _count.Truncated,
            CutTokens = _tokens.Cut,
            Split = _count.Split,
            Skipped = _count.Skipped,
            Tokens = _tokens.All,
            TrainedTokens = _tokens.Trained,
            Lengths = SampleLengths.Of(_lengths),
            LeftOutFields = policy.LeftOut,
        };
        return _samples.Build(statistics);
    }

    public void Dispose() => _samples.Dispose();

    private bool Keep(EncodedSample sample)
    {
        var learned = Learned(sample);
        if (learned == 0) return false;
        _samples.Add(sample.InputIds, sample.Trained);
        _tokens = (_tokens.All + sample.InputIds.Length, _tokens.Trained + learned, _tokens.Cut);
        if (_tokens.All > int.MaxValue) throw new DatasetException($"more than {int.MaxValue} tokens, which is more than can be held");
        return true;
    }

    // The first token is predicted from nothing, so it carries no loss.
    private static int Learned(EncodedSample sample) => sample.Trained.AsSpan(Math.Min(1, sample.Trained.Length)).Count(true);

    private static EncodedSample Part(EncodedSample sample, int start, int count) =>
        new(sample.InputIds[start..(start + count)], sample.Trained[start..(start + count)]);
}
