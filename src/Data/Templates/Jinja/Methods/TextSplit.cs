namespace LisaOrleans.Data.Jinja;

/// <summary>Methods of str that cut a text into pieces.</summary>
internal static class TextSplit
{
    public static JinjaValue Split(RenderState state, TextValue text, Arguments arguments, string name)
    {
        var a = arguments.Bind(state, name, 0, "sep", "maxsplit");
        var limit = a[1] is null ? -1 : Numbers.ToInt(state, a[1]!, $"{name}'s maxsplit");
        var right = name == "rsplit";
        if (a[0] is null or NoneValue) return List(state, right ? LastWords(text.Text, limit) : PythonText.Words(text.Text, limit));
        var separator = Separator(state, text, a[0]!, name);
        return List(state, right && limit >= 0 ? SplitRight(text.Text, separator, limit) : SplitLeft(text.Text, separator, limit));
    }

    public static JinjaValue Lines(RenderState state, TextValue text, Arguments arguments)
    {
        var keep = arguments.Bind(state, "splitlines", 0, "keepends")[0];
        return List(state, PythonText.Lines(text.Text, keep is { IsTrue: true }));
    }

    public static JinjaValue Partition(RenderState state, TextValue text, Arguments arguments, string name)
    {
        var separator = Separator(state, text, arguments.Bind(state, name, 1, "*sep")[0]!, name);
        var last = name == "rpartition";
        var at = last ? text.Text.LastIndexOf(separator, StringComparison.Ordinal) : text.Text.IndexOf(separator, StringComparison.Ordinal);
        string[] parts = at < 0
            ? last ? ["", "", text.Text] : [text.Text, "", ""]
            : [text.Text[..at], separator, text.Text[(at + separator.Length)..]];
        return state.List([.. parts.Select(p => new TextValue(p))], isTuple: true);
    }

    private static string Separator(RenderState state, TextValue text, JinjaValue value, string name)
    {
        var separator = TextLayout.Text(state, value, name);
        state.SpendSearch(text.Text.Length, separator.Length);
        return separator.Length > 0 ? separator : throw state.Error($"{name} needs a separator that is not empty");
    }

    private static ListValue List(RenderState state, IEnumerable<string> parts)
    {
        var items = new List<JinjaValue>();
        foreach (var part in parts)
        {
            state.Spend(1);
            items.Add(new TextValue(part));
        }

        return state.List(items);
    }

    private static IEnumerable<string> SplitLeft(string text, string separator, int limit)
    {
        var start = 0;
        for (int at; limit != 0 && (at = text.IndexOf(separator, start, StringComparison.Ordinal)) >= 0; limit--)
        {
            yield return text[start..at];
            start = at + separator.Length;
        }

        yield return text[start..];
    }

    private static List<string> SplitRight(string text, string separator, int limit)
    {
        var parts = new List<string>();
        var end = text.Length;
        for (int at; limit > 0 && (at = text.AsSpan(0, end).LastIndexOf(separator, StringComparison.Ordinal)) >= 0; limit--)
        {
            parts.Add(text[(at + separator.Length)..end]);
            end = at;
        }

        parts.Add(text[..end]);
        parts.Reverse();
        return parts;
    }

    private static List<string> LastWords(string text, int limit)
    {
        if (limit < 0) return [.. PythonText.Words(text, -1)];
        var parts = new List<string>();
        var end = PythonText.StripEnd(text).Length;
        while (end > 0)
        {
            if (limit-- == 0)
            {
                parts.Add(text[..end]);
                break;
            }

            var start = end;
            while (start > 0 && !PythonText.IsSpace(text[start - 1])) start--;
            parts.Add(text[start..end]);
            end = PythonText.StripEnd(text[..start]).Length;
        }

        parts.Reverse();
        return parts;
    }
}
