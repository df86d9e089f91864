namespace LisaOrleans.Data;

/// <summary>The symbols of a piece of text while they are merged.</summary>
internal sealed class BpeSymbols
{
    // Up to here looking at all pairs each time is faster than a queue.
    private const int FewSymbols = 48;
    private const int NoMerge = int.MaxValue;
    private const int Gone = -1;

    private readonly PriorityQueue<int, ulong> _queue = new();
    private int[] _ids = new int[256];
    private int[] _starts = new int[256];
    private int[] _ends = new int[256];
    private int[] _ranks = new int[256];
    private int[] _next = new int[256];
    private int[] _previous = new int[256];
    private int _count;

    public void Clear() => _count = 0;

    /// <summary>What to add for a token that merges with nothing.</summary>
    public static int Frozen(int id) => -2 - id;

    /// <param name="id">Its id, or <see cref="Frozen"/> of it.</param>
    /// <param name="start">Where it begins in the piece.</param>
    /// <param name="end">Where it ends.</param>
    public void Add(int id, int start, int end)
    {
        if (_count == _ids.Length) Grow();
        (_ids[_count], _starts[_count], _ends[_count]) = (id, start, end);
        _count++;
    }

    /// <summary>Does all merges, the lowest rank first and of equal ones the leftmost, and adds what is left.</summary>
    /// <param name="merges">Ids of two neighbours to the merge's rank and the new id.</param>
    /// <param name="tokens">Gets the tokens.</param>
    /// <param name="at">Where the piece begins.</param>
    public void Merge(PairTable merges, TokenBuffer tokens, int at)
    {
        if (_count > FewSymbols)
        {
            MergeByQueue(merges);
            for (var i = 0; i < _count; i = _next[i]) tokens.Add(Id(_ids[i]), at + _starts[i], at + _ends[i]);
            return;
        }

        MergeBySearch(merges);
        for (var i = 0; i < _count; i++) tokens.Add(Id(_ids[i]), at + _starts[i], at + _ends[i]);
    }

    private static int Id(int id) => id < Gone ? -2 - id : id;

    private void MergeBySearch(PairTable merges)
    {
        for (var i = 0; i + 1 < _count; i++) _ranks[i] = Rank(i);
        while (true)
        {
            var (best, at) = (NoMerge, 0);
            for (var i = 0; i + 1 < _count; i++)
                if (_ranks[i] < best) (best, at) = (_ranks[i], i);
            if (best == NoMerge) return;

            merges.TryGet(_ids[at], _ids[at + 1], out _, out _ids[at]);
            _ends[at] = _ends[at + 1];
            var rest = _count - at - 2;
            if (rest > 0)
            {
                _ids.AsSpan(at + 2, rest).CopyTo(_ids.AsSpan(at + 1));
                _starts.AsSpan(at + 2, rest).CopyTo(_starts.AsSpan(at + 1));
                _ends.AsSpan(at + 2, rest).CopyTo(_ends.AsSpan(at + 1));
                _ranks.AsSpan(at + 2, rest).CopyTo(_ranks.AsSpan(at + 1));
            }

            _count--;
            if (at + 1 < _count) _ranks[at] = Rank(at);
            if (at > 0) _ranks[at - 1] = Rank(at - 1);
        }

        int Rank(int i) => merges.TryGet(_ids[i], _ids[i + 1], out var rank, out _) ? rank : NoMerge;
    }

    // A text without spaces to cut it at is one piece, however long.
    private void MergeByQueue(PairTable merges)
    {
        _queue.Clear();
        for (var i = 0; i < _count; i++) (_next[i], _previous[i]) = (i + 1, i - 1);
        for (var i = 0; i + 1 < _count; i++) Offer(i);
        while (_queue.TryDequeue(out var at, out var key))
        {
            // The pair that was offered may have been merged away since.
            var right = _next[at];
            if (_ids[at] == Gone || right >= _count) continue;
            if (!merges.TryGet(_ids[at], _ids[right], out var rank, out var id) || rank != (int)(key >> 32)) continue;
            (_ids[at], _ends[at], _ids[right], _next[at]) = (id, _ends[right], Gone, _next[right]);
            if (_next[at] < _count) _previous[_next[at]] = at;
            Offer(at);
            if (_previous[at] >= 0) Offer(_previous[at]);
        }

        void Offer(int at)
        {
            if (_next[at] < _count && merges.TryGet(_ids[at], _ids[_next[at]], out var rank, out _))
                _queue.Enqueue(at, ((ulong)(uint)rank << 32) | (uint)at);
        }
    }

    private void Grow()
    {
        var size = _count * 2;
        Array.Resize(ref _ids, size);
        Array.Resize(ref _starts, size);
        Array.Resize(ref _ends, size);
        Array.Resize(ref _ranks, size);
        Array.Resize(ref _next, size);
        Array.Resize(ref _previous, size);
    }
}
