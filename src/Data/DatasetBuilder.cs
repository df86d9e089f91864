namespace LisaOrleans.Data;

/// <summary>Fits samples into the block size, keeps them, and counts what happens to them.</summary>
internal sealed class DatasetBuilder(DatasetSettings settings, int blockSize) : IDisposable
{
    private readonly TokenSpool _samples = new();
    private readonly List<int> _lengths = [];
    private readonly SortedDictionary<int, MixedForms> _forms = [];
    private int _pairs;
    private (int Truncated, int Split, int Skipped) _count;
    private (long All, long Trained, long Cut) _tokens;
    private WeightFigures _weights;
    private (int Turns, int Reasoning, int Ends) _open;
    private UnclearPrompts? _unclear;

    public int Records => _lengths.Count - _pairs + UnclearPrompts;

    /// <summary>Records that were left out for their prompt.</summary>
    public int UnclearPrompts => _unclear?.Pairs ?? 0;

    /// <summary>Records that were longer than the block size and lost their ends.</summary>
    public int Truncated => _count.Truncated;

    /// <summary>Counts a record by its form: a chat, or a prompt and its answer.</summary>
    public void CountForm(int source, bool isChat)
    {
        var forms = _forms.GetValueOrDefault(source, new MixedForms(source, 0, 0));
        _forms[source] = isChat ? forms with { Chats = forms.Chats + 1 } : forms with { Joined = forms.Joined + 1 };
    }

    /// <summary>Takes the next record's sample.</summary>
    /// <param name="sample">All of its tokens.</param>
    /// <param name="isText">Whether it is a text, which may go on in another block.</param>
    public void Add(EncodedSample sample, bool isText)
    {
        var length = sample.InputIds.Length;
        _lengths.Add(length);
        CountOpen(sample);
        if (isText && length > blockSize && settings.LongTexts == LongTexts.Split)
        {
            _count.Split++;
            for (var at = 0; at < length; at += blockSize)
            {
                var piece = sample.Part(at..Math.Min(length, at + blockSize));

                // Nothing can be learned from a last token that stands alone: it is predicted from nothing.
                if (!Keep(piece)) _tokens.Cut += piece.InputIds.Length;
            }

            return;
        }

        if (length > blockSize)
        {
            _count.Truncated++;
            _tokens.Cut += length - blockSize;
            sample = sample.Part(..blockSize);
        }

        if (!Keep(sample)) _count.Skipped++;
    }

    /// <summary>Takes the next record's two answers, which stay together: what leaves nothing to learn of one leaves out both.</summary>
    public void AddPair(EncodedSample chosen, EncodedSample rejected)
    {
        _pairs++;
        EncodedSample[] answers = [chosen, rejected];
        _lengths.AddRange(answers.Select(a => a.InputIds.Length));
        foreach (var answer in answers) CountOpen(answer);
        var isCut = answers.Any(a => a.InputIds.Length > blockSize);
        _tokens.Cut += answers.Sum(a => Math.Max(0, a.InputIds.Length - blockSize));
        if (isCut) _count.Truncated++;
        answers = [.. answers.Select(a => a.Part(..Math.Min(blockSize, a.InputIds.Length)))];
        if (answers.Any(a => Learned(a) == 0)) _count.Skipped++;
        else foreach (var answer in answers) Keep(answer);
    }

    /// <summary>Leaves out a pair of answers whose prompt is unclear.</summary>
    public void LeaveOut(SourceRecord record)
    {
        var first = _unclear?.First ?? $"{record.Raw.Place} of {Path.GetFileName(record.Raw.File)}";
        _unclear = new UnclearPrompts(UnclearPrompts + record.Uses, first);
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
            UnclearPrompts = _unclear,
            Tokens = _tokens.All,
            TrainedTokens = _tokens.Trained,
            Weights = _weights.Tokens > 0 ? _weights : null,
            OpenTurns = _open.Turns,
            LostReasoning = _open.Reasoning,
            Unended = _open.Ends,
            Lengths = SampleLengths.Of(_lengths),
            Mixed = [.. _forms.Values.Where(f => f is { Chats: > 0, Joined: > 0 })],
            LeftOutFields = policy.LeftOut,
        };
        return _samples.Build(statistics);
    }

    public void Dispose() => _samples.Dispose();

    private void CountOpen(EncodedSample sample) =>
        _open = (_open.Turns + sample.OpenTurns, _open.Reasoning + sample.LostReasoning, _open.Ends + (sample.LacksEnd ? 1 : 0));

    private bool Keep(EncodedSample sample)
    {
        var learned = Learned(sample);
        if (learned == 0) return false;
        _samples.Add(sample);
        if (sample.Weights is { } weights) _weights = _weights.With(weights.AsSpan(1));
        _tokens = (_tokens.All + sample.InputIds.Length, _tokens.Trained + learned, _tokens.Cut);
        if (_tokens.All > int.MaxValue) throw new DatasetException($"more than {int.MaxValue} tokens, which is more than can be held");
        return true;
    }

    // The first token is predicted from nothing, so it carries no loss.
    private static int Learned(EncodedSample sample) => sample.Trained.AsSpan(Math.Min(1, sample.Trained.Length)).Count(true);
}
