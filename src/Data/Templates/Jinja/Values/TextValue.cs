namespace LisaOrleans.Data.Jinja;

/// <summary>A text. Lengths and places count code points, as Python's do, not UTF-16 units.</summary>
/// <param name="text">Well-formed UTF-16.</param>
/// <param name="isMarkup">Whether it is markupsafe's Markup: escaped already, so that what is added to it gets escaped.</param>
internal sealed class TextValue(string text, bool isMarkup = false) : JinjaValue
{
    private int _length = -1;

    public static TextValue Empty { get; } = new("");

    public string Text => text;

    public bool IsMarkup => isMarkup;

    public override string TypeName => isMarkup ? "Markup" : "str";

    public override bool IsTrue => text.Length > 0;

    public override int? Count => Length;

    /// <summary>Code points.</summary>
    public int Length => _length >= 0 ? _length : _length = CodePoints.Count(text);

    /// <summary>The code points from <paramref name="start"/> to before <paramref name="end"/>.</summary>
    public string Slice(int start, int end)
    {
        if (Length == text.Length) return text[start..end];
        var from = CodePoints.Offset(text, 0, start);
        return text[from..CodePoints.Offset(text, from, end - start)];
    }

    public override IEnumerable<JinjaValue> Items(RenderState state)
    {
        for (int at = 0, width; at < text.Length; at += width)
        {
            width = CodePoints.Width(text, at);
            yield return new TextValue(text.Substring(at, width));
        }
    }
}
