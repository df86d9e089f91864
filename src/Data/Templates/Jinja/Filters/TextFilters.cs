using System.Text.RegularExpressions;

namespace LisaOrleans.Data.Jinja;

/// <summary>Filters for texts; other values are taken as what they print.</summary>
internal static partial class TextFilters
{
    // Jinja's policy.
    private const int TruncateLeeway = 5;

    public static JinjaValue Case(RenderState state, Arguments arguments, string name, Func<string, string> change)
    {
        var value = Soft(state, arguments.Bind(state, name, 1, "s")[0]!);
        return Like(value, state.Text(change(value.Text)).Text);
    }

    public static JinjaValue Title(RenderState state, Arguments arguments)
    {
        var value = Soft(state, arguments.Bind(state, "title", 1, "s")[0]!);
        var words = WordBeginning().Split(value.Text).Where(w => w.Length > 0).Select(w =>
        {
            var first = CodePoints.Width(w, 0);
            return TextCase.Upper(w[..first]) + TextCase.Lower(w[first..]);
        });
        return state.Text(string.Concat(words));
    }

    public static JinjaValue Trim(RenderState state, Arguments arguments)
    {
        var a = arguments.Bind(state, "trim", 1, "value", "chars");
        return Method(state, Soft(state, a[0]!), "strip", a[1] ?? NoneValue.Instance);
    }

    public static JinjaValue Center(RenderState state, Arguments arguments)
    {
        var a = arguments.Bind(state, "center", 1, "value", "width");
        return Method(state, Soft(state, a[0]!), "center", a[1] ?? JinjaValue.Of(80));
    }

    public static JinjaValue Replace(RenderState state, Arguments arguments)
    {
        var a = arguments.Bind(state, "replace", 3, "s", "old", "new", "count");
        var count = a[3] is null or NoneValue ? -1 : Numbers.ToInt(state, a[3]!, "replace's count");
        return state.Text(TextSearch.Replace(state, Printer.Str(state, a[0]!), Printer.Str(state, a[1]!), Printer.Str(state, a[2]!), count));
    }

    public static JinjaValue Format(RenderState state, Arguments arguments)
    {
        var format = Soft(state, arguments.Positional[0]);
        if (arguments.Named.Count == 0) return PercentFormat.Apply(state, format, new ListValue([.. arguments.Positional.Skip(1)], isTuple: true));
        if (arguments.Positional.Count > 1) throw state.Error("format takes values by place or by name, not both");
        return PercentFormat.Apply(state, format, JsonValues.Dict(arguments.Named));
    }

    public static JinjaValue Join(RenderState state, Arguments arguments)
    {
        var a = arguments.Bind(state, "join", 1, "value", "d", "attribute");
        var separator = a[1] is null ? "" : Printer.Str(state, a[1]!);
        var items = state.ToList(a[0]!);
        if (a[2] is not (null or NoneValue)) items = [.. items.Select(Getter.Of(state, a[2]!))];
        var texts = items.ConvertAll(item => Printer.Str(state, item));
        state.SpendText(texts.Sum(t => (long)t.Length + separator.Length));
        return JinjaValue.Of(string.Join(separator, texts));
    }

    public static JinjaValue Indent(RenderState state, Arguments arguments)
    {
        var a = arguments.Bind(state, "indent", 1, "s", "width", "first", "blank");
        if (a[0] is UndefinedValue u) throw state.Error(u.Problem);
        var value = a[0] as TextValue ?? throw state.Error($"indent needs a text, not '{a[0]!.TypeName}'");
        var width = a[1] is TextValue ? 0 : a[1] is null ? 4 : Math.Max(0, Numbers.ToInt(state, a[1]!, "indent's width"));
        state.SpendText(width);
        var indention = a[1] is TextValue t ? t.Text : new string(' ', width);
        var blank = a[3] is { IsTrue: true };

        // An empty text has one empty line, and a line end at the end begins one more.
        var lines = PythonText.Lines(value.Text + "\n").ToList();
        state.SpendText(value.Text.Length + ((long)lines.Count * (indention.Length + 1)));
        var rest = lines.Skip(1).Select(line => line.Length > 0 || blank ? indention + line : line);
        var text = string.Join('\n', rest.Prepend(lines[0]));
        return Like(value, a[2] is { IsTrue: true } ? indention + text : text);
    }

    public static JinjaValue Truncate(RenderState state, Arguments arguments)
    {
        var a = arguments.Bind(state, "truncate", 1, "s", "length", "killwords", "end", "leeway");
        var text = a[0] as TextValue ?? throw state.Error($"truncate needs a text, not '{a[0]!.TypeName}'");
        var length = a[1] is null ? 255 : Numbers.ToInt(state, a[1]!, "truncate's length");
        var end = a[3] is null ? "..." : TextLayout.Text(state, a[3]!, "truncate");
        var leeway = a[4] is null or NoneValue ? TruncateLeeway : Numbers.ToInt(state, a[4]!, "truncate's leeway");
        var kept = length - CodePoints.Count(end);
        if (kept < 0 || leeway < 0) throw state.Error("truncate's length must hold its end, and its leeway cannot be negative");
        if (text.Length <= (long)length + leeway) return text;
        var cut = text.Slice(0, kept);
        if (a[2] is not { IsTrue: true } && cut.LastIndexOf(' ') is >= 0 and var space) cut = cut[..space];
        return state.Text(cut + end);
    }

    public static JinjaValue WordCount(RenderState state, Arguments arguments) =>
        JinjaValue.Of(Word().Count(Soft(state, arguments.Bind(state, "wordcount", 1, "s")[0]!).Text));

    public static JinjaValue String(RenderState state, Arguments arguments) => Soft(state, arguments.Bind(state, "string", 1, "object")[0]!);

    public static JinjaValue Escape(RenderState state, Arguments arguments) => Markup.Escape(state, arguments.Bind(state, "escape", 1, "s")[0]!);

    public static JinjaValue ForceEscape(RenderState state, Arguments arguments) =>
        Markup.Escape(state, new TextValue(Printer.Str(state, arguments.Bind(state, "forceescape", 1, "value")[0]!)));

    public static JinjaValue Safe(RenderState state, Arguments arguments) =>
        new TextValue(Printer.Str(state, arguments.Bind(state, "safe", 1, "value")[0]!), isMarkup: true);

    /// <summary>markupsafe's soft_str: a text as it is, all else as it prints.</summary>
    private static TextValue Soft(RenderState state, JinjaValue value) => value as TextValue ?? new TextValue(Printer.Str(state, value));

    private static TextValue Like(TextValue value, string text) => new(text, value.IsMarkup);

    private static JinjaValue Method(RenderState state, TextValue text, string name, JinjaValue argument) =>
        TextMethods.TryCall(state, text, name, Arguments.Of(argument))!;

    [GeneratedRegex(@"([-\s({\[<]+)", RegexOptions.CultureInvariant)]
    private static partial Regex WordBeginning();

    [GeneratedRegex(@"\w+", RegexOptions.CultureInvariant)]
    private static partial Regex Word();
}
