using System.Collections.Frozen;
using System.Text;

namespace LisaOrleans.Data.Jinja;

/// <summary>Methods of Python's str.</summary>
internal static class TextMethods
{
    private static readonly FrozenSet<string> s_unsupported = FrozenSet.Create(
        "casefold", "encode", "format_map", "isidentifier", "maketrans", "translate");

    // Markup escapes the arguments of these.
    private static readonly FrozenSet<string> s_escaping = FrozenSet.Create(
        "capitalize", "title", "lower", "upper", "replace", "ljust", "rjust", "lstrip", "rstrip", "center", "strip", "expandtabs",
        "swapcase", "zfill");

    private static readonly FrozenDictionary<string, Func<RenderState, TextValue, Arguments, JinjaValue>> s_methods =
        new Dictionary<string, Func<RenderState, TextValue, Arguments, JinjaValue>>
        {
            ["capitalize"] = None("capitalize", TextCase.Capitalize),
            ["center"] = TextLayout.Center,
            ["count"] = TextSearch.Count,
            ["endswith"] = (s, t, a) => TextSearch.StartsOrEnds(s, t, a, "endswith"),
            ["expandtabs"] = TextLayout.ExpandTabs,
            ["find"] = (s, t, a) => TextSearch.Find(s, t, a, "find"),
            ["format"] = BraceFormat.Apply,
            ["index"] = (s, t, a) => TextSearch.Find(s, t, a, "index"),
            ["isalnum"] = Is("isalnum", r => Rune.IsLetter(r) || TextCase.IsNumeric(r)),
            ["isalpha"] = Is("isalpha", Rune.IsLetter),
            ["isascii"] = (s, t, a) => Flag(s, a, "isascii", Ascii.IsValid(t.Text)),
            ["isdecimal"] = Is("isdecimal", TextCase.IsDecimal),
            ["isdigit"] = Is("isdigit", TextCase.IsDigit),
            ["islower"] = (s, t, a) => Flag(s, a, "islower", TextCase.IsLower(t.Text)),
            ["isnumeric"] = Is("isnumeric", TextCase.IsNumeric),
            ["isprintable"] = (s, t, a) => Flag(s, a, "isprintable", t.Text.EnumerateRunes().All(PythonText.IsPrintable)),
            ["isspace"] = Is("isspace", r => r.IsBmp && PythonText.IsSpace((char)r.Value)),
            ["istitle"] = (s, t, a) => Flag(s, a, "istitle", TextCase.IsTitle(t.Text)),
            ["isupper"] = (s, t, a) => Flag(s, a, "isupper", TextCase.IsUpper(t.Text)),
            ["join"] = TextLayout.Join,
            ["ljust"] = TextLayout.JustifyLeft,
            ["lower"] = None("lower", TextCase.Lower),
            ["lstrip"] = (s, t, a) => TextLayout.Strip(s, t, a, "lstrip"),
            ["partition"] = (s, t, a) => TextSplit.Partition(s, t, a, "partition"),
            ["removeprefix"] = (s, t, a) => TextLayout.Remove(s, t, a, "removeprefix"),
            ["removesuffix"] = (s, t, a) => TextLayout.Remove(s, t, a, "removesuffix"),
            ["replace"] = TextSearch.Replace,
            ["rfind"] = (s, t, a) => TextSearch.Find(s, t, a, "rfind"),
            ["rindex"] = (s, t, a) => TextSearch.Find(s, t, a, "rindex"),
            ["rjust"] = TextLayout.JustifyRight,
            ["rpartition"] = (s, t, a) => TextSplit.Partition(s, t, a, "rpartition"),
            ["rsplit"] = (s, t, a) => TextSplit.Split(s, t, a, "rsplit"),
            ["rstrip"] = (s, t, a) => TextLayout.Strip(s, t, a, "rstrip"),
            ["split"] = (s, t, a) => TextSplit.Split(s, t, a, "split"),
            ["splitlines"] = TextSplit.Lines,
            ["startswith"] = (s, t, a) => TextSearch.StartsOrEnds(s, t, a, "startswith"),
            ["strip"] = (s, t, a) => TextLayout.Strip(s, t, a, "strip"),
            ["swapcase"] = None("swapcase", TextCase.Swap),
            ["title"] = None("title", TextCase.Title),
            ["upper"] = None("upper", TextCase.Upper),
            ["zfill"] = TextLayout.ZeroFill,
        }.ToFrozenDictionary();

    public static JinjaValue? Find(RenderState state, TextValue text, string name)
    {
        if (s_unsupported.Contains(name)) throw state.Error($"the method '{name}' of a text is not supported");
        return s_methods.TryGetValue(name, out var method) ? new CallableValue(name, (s, a) => Call(s, text, name, method, a)) : null;
    }

    /// <summary>Calls a method without looking it up as a value; null where there is none.</summary>
    public static JinjaValue? TryCall(RenderState state, TextValue text, string name, Arguments arguments) =>
        s_methods.TryGetValue(name, out var method) ? Call(state, text, name, method, arguments) : null;

    private static JinjaValue Call(
        RenderState state, TextValue text, string name, Func<RenderState, TextValue, Arguments, JinjaValue> method, Arguments arguments)
    {
        state.SpendText(text.Text.Length);
        if (!text.IsMarkup) return method(state, text, arguments);
        if (name is "format" or "join") throw state.Error($"the method '{name}' of a Markup is not supported");
        var escaped = s_escaping.Contains(name)
            ? new Arguments([.. arguments.Positional.Select(a => a is TextValue ? Markup.Escape(state, a) : a)], arguments.Named)
            : arguments;
        return Mark(method(state, text, escaped));
    }

    private static JinjaValue Mark(JinjaValue value) => value switch
    {
        TextValue t => new TextValue(t.Text, isMarkup: true),
        ListValue l => new ListValue([.. l.Elements.Select(Mark)], l.IsTuple),
        _ => value,
    };

    private static Func<RenderState, TextValue, Arguments, JinjaValue> None(string name, Func<string, string> change) => (state, text, arguments) =>
    {
        arguments.Bind(state, name, 0);
        return state.Text(change(text.Text));
    };

    private static Func<RenderState, TextValue, Arguments, JinjaValue> Is(string name, Func<Rune, bool> test) =>
        (state, text, arguments) => Flag(state, arguments, name, text.Text.Length > 0 && text.Text.EnumerateRunes().All(test));

    private static BooleanValue Flag(RenderState state, Arguments arguments, string name, bool value)
    {
        arguments.Bind(state, name, 0);
        return JinjaValue.Of(value);
    }
}
