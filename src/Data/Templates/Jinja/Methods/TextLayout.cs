using System.Text;

namespace LisaOrleans.Data.Jinja;

/// <summary>Methods of str that pad, strip and join.</summary>
internal static class TextLayout
{
    /// <summary>An argument that must be a text.</summary>
    public static string Text(RenderState state, JinjaValue value, string function) =>
        value is TextValue t ? t.Text : throw state.Error($"{function} needs a text, not '{value.TypeName}'");

    public static JinjaValue Center(RenderState state, TextValue text, Arguments arguments)
    {
        var (missing, fill) = Padding(state, text, arguments, "center");

        // CPython gives the odd one to the left where the width is odd.
        var left = (missing / 2) + (missing & (missing + text.Length) & 1);
        return new TextValue(Repeat(fill, left) + text.Text + Repeat(fill, missing - left));
    }

    public static JinjaValue JustifyLeft(RenderState state, TextValue text, Arguments arguments)
    {
        var (missing, fill) = Padding(state, text, arguments, "ljust");
        return new TextValue(text.Text + Repeat(fill, missing));
    }

    public static JinjaValue JustifyRight(RenderState state, TextValue text, Arguments arguments)
    {
        var (missing, fill) = Padding(state, text, arguments, "rjust");
        return new TextValue(Repeat(fill, missing) + text.Text);
    }

    public static JinjaValue ZeroFill(RenderState state, TextValue text, Arguments arguments)
    {
        var width = Numbers.ToInt(state, arguments.Bind(state, "zfill", 1, "*width")[0]!, "zfill's width");
        state.SpendText(Math.Max(width, 0));
        var sign = text.Text.Length > 0 && text.Text[0] is '+' or '-' ? 1 : 0;
        return new TextValue(text.Text[..sign] + new string('0', Math.Max(0, width - text.Length)) + text.Text[sign..]);
    }

    public static JinjaValue Strip(RenderState state, TextValue text, Arguments arguments, string name)
    {
        var characters = arguments.Bind(state, name, 0, "*chars")[0];
        return new TextValue(characters switch
        {
            null or NoneValue => name switch
            {
                "strip" => PythonText.Strip(text.Text),
                "lstrip" => PythonText.StripStart(text.Text),
                _ => PythonText.StripEnd(text.Text),
            },
            _ => Strip(text.Text, Text(state, characters, name), name),
        });
    }

    public static JinjaValue Remove(RenderState state, TextValue text, Arguments arguments, string name)
    {
        var part = Text(state, arguments.Bind(state, name, 1, "*affix")[0]!, name);
        if (part.Length == 0) return text;
        return name == "removeprefix"
            ? text.Text.StartsWith(part, StringComparison.Ordinal) ? new TextValue(text.Text[part.Length..]) : text
            : text.Text.EndsWith(part, StringComparison.Ordinal) ? new TextValue(text.Text[..^part.Length]) : text;
    }

    public static JinjaValue Join(RenderState state, TextValue text, Arguments arguments)
    {
        var output = new StringBuilder();
        var first = true;
        foreach (var item in state.Iterate(arguments.Bind(state, "join", 1, "*iterable")[0]!))
        {
            if (item is TextValue { IsMarkup: true }) throw state.Error("joining a Markup to a text is not supported");
            if (!first) output.Append(text.Text);
            output.Append(Text(state, item, "join"));
            state.CheckLength((long)output.Length + text.Text.Length);
            first = false;
        }

        return state.Text(output.ToString());
    }

    public static JinjaValue ExpandTabs(RenderState state, TextValue text, Arguments arguments)
    {
        var size = arguments.Bind(state, "expandtabs", 0, "tabsize")[0] is { } s ? Numbers.ToInt(state, s, "expandtabs' size") : 8;
        var output = new StringBuilder();
        var column = 0;
        foreach (var rune in text.Text.EnumerateRunes())
        {
            if (rune.Value == '\t')
            {
                var spaces = size > 0 ? size - (column % size) : 0;
                state.SpendText((long)output.Length + spaces);
                output.Append(' ', spaces);
                column += spaces;
                continue;
            }

            output.Append(rune.ToString());
            column = rune.Value is '\n' or '\r' ? 0 : column + 1;
        }

        return new TextValue(output.ToString());
    }

    private static string Strip(string text, string characters, string name)
    {
        var set = characters.EnumerateRunes().ToHashSet();
        var runes = text.EnumerateRunes().ToList();
        var (start, end) = (0, runes.Count);
        if (name != "rstrip")
            while (start < end && set.Contains(runes[start])) start++;
        if (name != "lstrip")
            while (end > start && set.Contains(runes[end - 1])) end--;
        var from = CodePoints.Offset(text, 0, start);
        return text[from..CodePoints.Offset(text, from, end - start)];
    }

    private static string Repeat(string fill, int times) => fill.Length == 1
        ? new string(fill[0], times)
        : string.Concat(Enumerable.Repeat(fill, times));

    private static (int Missing, string Fill) Padding(RenderState state, TextValue text, Arguments arguments, string name)
    {
        var a = arguments.Bind(state, name, 1, "*width", "*fillchar");
        var width = Numbers.ToInt(state, a[0]!, $"{name}'s width");
        var fill = a[1] is null ? " " : Text(state, a[1]!, name);
        if (CodePoints.Count(fill) != 1) throw state.Error($"{name} fills with one character");
        state.SpendText(Math.Max(width, 0));
        return (Math.Max(0, width - text.Length), fill);
    }
}
