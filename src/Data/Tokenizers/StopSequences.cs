namespace LisaOrleans.Data;

/// <summary>Ends a text before the first of some sequences, though it comes in pieces: what may begin one is held back.</summary>
public sealed class StopSequences(IReadOnlyList<string> sequences)
{
    private string _held = "";

    /// <summary>Whether one was found.</summary>
    public bool Found { get; private set; }

    /// <summary>Adds a piece; returns the text that certainly comes before any sequence.</summary>
    public string Push(string piece)
    {
        if (Found) return "";
        _held += piece;
        var first = sequences.Select(s => _held.IndexOf(s, StringComparison.Ordinal)).Where(i => i >= 0).DefaultIfEmpty(-1).Min();
        Found = first >= 0;
        var safe = Found ? first : _held.Length - sequences.Select(Begun).DefaultIfEmpty(0).Max();
        var text = _held[..safe];
        _held = Found ? "" : _held[safe..];
        return text;
    }

    /// <summary>What was held back, at the end.</summary>
    public string Flush()
    {
        var text = _held;
        _held = "";
        return text;
    }

    // How much of a sequence the text ends with.
    private int Begun(string sequence)
    {
        for (var length = Math.Min(sequence.Length - 1, _held.Length); length > 0; length--)
            if (_held.AsSpan(_held.Length - length).SequenceEqual(sequence.AsSpan(0, length))) return length;
        return 0;
    }
}
