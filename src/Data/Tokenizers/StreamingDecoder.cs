namespace LisaOrleans.Data;

/// <summary>Turns a growing sequence of ids into pieces of text that never hold half a character.</summary>
public sealed class StreamingDecoder
{
    private readonly ITokenizer _tokenizer;
    private readonly List<int> _ids;
    private int _written;

    /// <param name="tokenizer">What decodes.</param>
    /// <param name="context">
    /// Ids that come before and are not decoded again, so that spaces are those of one text; none for a text of its own.
    /// </param>
    public StreamingDecoder(ITokenizer tokenizer, IReadOnlyList<int>? context = null)
    {
        (_tokenizer, _ids) = (tokenizer, [.. context ?? []]);
        _written = _ids.Count == 0 ? 0 : tokenizer.Decode(_ids).Length;
    }

    /// <summary>Adds an id; returns the text that is complete now, maybe none.</summary>
    public string Push(int id)
    {
        _ids.Add(id);
        var text = _tokenizer.Decode(_ids);

        // A byte token that begins a character decodes to U+FFFD until its others have come.
        return text.EndsWith('\uFFFD') || text.Length <= _written ? "" : Take(text);
    }

    /// <summary>What is left at the end.</summary>
    public string Flush() => Take(_tokenizer.Decode(_ids));

    private string Take(string text)
    {
        var piece = text.Length > _written ? text[_written..] : "";
        _written = Math.Max(_written, text.Length);
        return piece;
    }
}
