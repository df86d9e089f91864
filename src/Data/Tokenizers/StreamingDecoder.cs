namespace LisaOrleans.Data;

/// <summary>Turns a growing sequence of ids into pieces of text that never hold half a character.</summary>
public sealed class StreamingDecoder
{
    private readonly ITextStream _stream;

    // How much of what comes next belongs to the context.
    private int _skipped;

    /// <param name="tokenizer">What decodes.</param>
    /// <param name="context">
    /// Ids that come before and are not decoded again, so that spaces come out as in one text; none for a text of its own.
    /// </param>
    public StreamingDecoder(ITokenizer tokenizer, IReadOnlyList<int>? context = null)
    {
        _stream = tokenizer.StartDecoding();
        if (context is not { Count: > 0 }) return;
        _skipped = tokenizer.Decode(context).Length - context.Sum(id => _stream.Push(id).Length);
    }

    /// <summary>Adds an id; returns the text that is complete now, maybe none.</summary>
    public string Push(int id) => Take(_stream.Push(id));

    /// <summary>What is left at the end, after which nothing may follow.</summary>
    public string Flush() => Take(_stream.Flush());

    private string Take(string text)
    {
        var skipped = Math.Min(_skipped, text.Length);
        _skipped -= skipped;
        return text[skipped..];
    }
}
