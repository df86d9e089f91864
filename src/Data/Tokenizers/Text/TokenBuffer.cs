namespace LisaOrleans.Data;

/// <summary>Tokens as they are found, with where they begin and end.</summary>
internal sealed class TokenBuffer
{
    private int[] _ids = new int[256];
    private int[] _starts = new int[256];
    private int[] _ends = new int[256];

    public int Count { get; private set; }

    /// <summary>How many fit in without asking for more memory.</summary>
    public int Capacity => _ids.Length;

    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Count);

    public Span<int> Starts => _starts.AsSpan(0, Count);

    public Span<int> Ends => _ends.AsSpan(0, Count);

    public void Clear() => Count = 0;

    /// <summary>Takes back what was added last.</summary>
    public void Cut(int count) => Count = count;

    public void Add(int id, int start, int end)
    {
        if (Count == _ids.Length) Grow(Count + 1);
        (_ids[Count], _starts[Count], _ends[Count]) = (id, start, end);
        Count++;
    }

    /// <summary>Adds tokens whose places are counted from somewhere else.</summary>
    public void Add(ReadOnlySpan<Token> tokens, int at)
    {
        if (Count + tokens.Length > _ids.Length) Grow(Count + tokens.Length);
        foreach (ref readonly var token in tokens)
        {
            (_ids[Count], _starts[Count], _ends[Count]) = (token.Id, token.Start + at, token.End + at);
            Count++;
        }
    }

    private void Grow(int count)
    {
        var size = Math.Max(count, _ids.Length * 2);
        Array.Resize(ref _ids, size);
        Array.Resize(ref _starts, size);
        Array.Resize(ref _ends, size);
    }
}
