namespace LisaOrleans.Data;

/// <summary>A piece of text while its symbols are merged: a linked list in arrays.</summary>
internal sealed class Word
{
    private const int Gone = -1;

    private readonly List<int> _ids;
    private readonly int[] _next;
    private readonly int[] _previous;

    public Word(List<int> ids)
    {
        _ids = ids;
        _next = [.. Enumerable.Range(1, ids.Count)];
        _previous = [.. Enumerable.Range(-1, ids.Count)];
    }

    /// <summary>Does all merges, the lowest rank first and of equal ones the leftmost; adds the ids that are left.</summary>
    public void Merge(Dictionary<(int Left, int Right), (int Rank, int Id)> merges, List<int> result)
    {
        // A queue, not a search for the best pair each time: a SentencePiece-like text is one piece, however long.
        var queue = new PriorityQueue<(int At, int Id), (int Rank, int At)>();
        for (var i = 0; i + 1 < _ids.Count; i++) Offer(i);
        while (queue.TryDequeue(out var merge, out _))
        {
            var (at, id) = merge;
            if (_ids[at] == Gone || _next[at] >= _ids.Count) continue;

            // The pair that was offered may have been merged away since.
            var right = _next[at];
            if (!merges.TryGetValue((_ids[at], _ids[right]), out var now) || now.Id != id) continue;
            (_ids[at], _ids[right]) = (id, Gone);
            _next[at] = _next[right];
            if (_next[at] < _ids.Count) _previous[_next[at]] = at;
            Offer(at);
            if (_previous[at] >= 0) Offer(_previous[at]);
        }

        for (var i = 0; i < _ids.Count; i = _next[i]) result.Add(_ids[i]);

        void Offer(int at)
        {
            if (_next[at] < _ids.Count && merges.TryGetValue((_ids[at], _ids[_next[at]]), out var merge))
                queue.Enqueue((at, merge.Id), (merge.Rank, at));
        }
    }
}
