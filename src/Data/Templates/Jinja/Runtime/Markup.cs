namespace LisaOrleans.Data.Jinja;

/// <summary>markupsafe's Markup: what is joined to it gets escaped first.</summary>
internal static class Markup
{
    /// <summary>escape(): a Markup stays as it is.</summary>
    public static TextValue Escape(RenderState state, JinjaValue value)
    {
        if (value is TextValue { IsMarkup: true } markup) return markup;
        var text = Printer.Str(state, value);
        var special = text.Count(c => c is '&' or '<' or '>' or '\'' or '"');
        state.SpendText(text.Length + (4L * special));
        return new TextValue(
            special == 0 ? text : text
                .Replace("&", "&amp;", StringComparison.Ordinal)
                .Replace(">", "&gt;", StringComparison.Ordinal)
                .Replace("<", "&lt;", StringComparison.Ordinal)
                .Replace("'", "&#39;", StringComparison.Ordinal)
                .Replace("\"", "&#34;", StringComparison.Ordinal),
            isMarkup: true);
    }

    public static TextValue Concatenate(RenderState state, TextValue left, TextValue right)
    {
        var (l, r) = (Escape(state, left).Text, Escape(state, right).Text);
        state.SpendText((long)l.Length + r.Length);
        return new TextValue(l + r, isMarkup: true);
    }
}
