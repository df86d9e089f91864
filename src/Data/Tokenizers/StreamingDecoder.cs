namespace LisaOrleans.Data;

/// <summary>Turns a growing sequence of ids into pieces of text that never hold half a character.</summary>
public sealed class StreamingDecoder(ITokenizer tokenizer)
{
    private readonly List<int> _ids = [];
    private int _written;

    /// <summary>Adds an id; returns the text that is complete now, maybe none.</summary>
    public string Push(int id)
    {
        _ids.Add(id);
        var text = tokenizer.Decode(_ids);

        // A byte token that begins a character decodes to U+FFFD until its others have come.
        return text.EndsWith('\uFFFD') || text.Length <= _written ? "" : Take(text);
    }

    /// <summary>What is left at the end.</summary>
    public string Flush() => Take(tokenizer.Decode(_ids));

    private string Take(string text)
    {
        var piece = text.Length > _written ? text[_written..] : "";
        _written = Math.Max(_written, text.Length);
        return piece;
    }
}
