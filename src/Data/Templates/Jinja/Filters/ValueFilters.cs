namespace LisaOrleans.Data.Jinja;

/// <summary>Filters for any value.</summary>
internal static class ValueFilters
{
    public static JinjaValue Default(RenderState state, Arguments arguments)
    {
        var a = arguments.Bind(state, "default", 1, "value", "default_value", "boolean");
        return a[0] is UndefinedValue || (a[2] is { IsTrue: true } && !a[0]!.IsTrue) ? a[1] ?? TextValue.Empty : a[0]!;
    }

    public static JinjaValue Length(RenderState state, Arguments arguments)
    {
        var value = arguments.Bind(state, "length", 1, "obj")[0]!;
        return JinjaValue.Of(value.Count ?? throw state.Error($"'{value.TypeName}' has no length"));
    }

    /// <summary>attr: only what Python's type has, no element.</summary>
    public static JinjaValue Attribute(RenderState state, Arguments arguments)
    {
        var a = arguments.Bind(state, "attr", 2, "obj", "name");
        if (a[0] is UndefinedValue u) throw state.Error(u.Problem);
        var name = Printer.Str(state, a[1]!);
        return Members.Find(state, a[0]!, name) ?? UndefinedValue.Member(a[0]!, new TextValue(name));
    }

    /// <summary>transformers' own: Python's json.dumps without escaping for HTML.</summary>
    public static JinjaValue ToJson(RenderState state, Arguments arguments)
    {
        var a = arguments.Bind(state, "tojson", 1, "x", "ensure_ascii", "indent", "separators", "sort_keys");
        var indent = a[2] switch
        {
            null or NoneValue => null,
            TextValue t => t.Text,
            var width => Spaces(state, width),
        };
        var (item, key) = (indent is null ? ", " : ",", ": ");
        if (a[3] is not (null or NoneValue))
        {
            if (state.ToList(a[3]!) is not [TextValue i, TextValue k]) throw state.Error("tojson's separators must be two texts");
            (item, key) = (i.Text, k.Text);
        }

        var writer = new JsonText(state, a[1] is { IsTrue: true }, indent, item, key, a[4] is { IsTrue: true });
        return state.Text(writer.Write(a[0]!));
    }

    private static string Spaces(RenderState state, JinjaValue width)
    {
        var count = Math.Max(0, Numbers.ToInt(state, width, "tojson's indent"));
        state.SpendText(count);
        return new string(' ', count);
    }
}
