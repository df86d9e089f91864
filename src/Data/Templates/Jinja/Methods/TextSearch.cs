namespace LisaOrleans.Data.Jinja;

/// <summary>Methods of str that look for a text in a text.</summary>
internal static class TextSearch
{
    public static JinjaValue Count(RenderState state, TextValue text, Arguments arguments)
    {
        var a = arguments.Bind(state, "count", 1, "*sub", "*start", "*end");
        var (part, window, _, _) = Window(state, text, a, "count");
        if (part.Length == 0) return JinjaValue.Of(window is null ? 0 : CodePoints.Count(window) + 1L);
        var count = 0;
        for (var at = 0; window is not null && (at = window.IndexOf(part, at, StringComparison.Ordinal)) >= 0; at += part.Length) count++;
        return JinjaValue.Of(count);
    }

    public static JinjaValue Find(RenderState state, TextValue text, Arguments arguments, string name)
    {
        var a = arguments.Bind(state, name, 1, "*sub", "*start", "*end");
        var (part, window, start, _) = Window(state, text, a, name);
        var at = window is null ? -1
            : name[0] == 'r' ? LastIndexOf(window, part)
            : window.IndexOf(part, StringComparison.Ordinal);
        if (at >= 0) return JinjaValue.Of(start + CodePoints.Count(window.AsSpan(0, at)));
        return name.EndsWith("find", StringComparison.Ordinal) ? JinjaValue.Of(-1) : throw state.Error($"{name} does not find the text");
    }

    public static JinjaValue StartsOrEnds(RenderState state, TextValue text, Arguments arguments, string name)
    {
        var a = arguments.Bind(state, name, 1, "*prefix", "*start", "*end");
        var parts = a[0] is ListValue { IsTuple: true } tuple ? tuple.Elements : [a[0]!];
        foreach (var part in parts)
        {
            a[0] = part;
            var (wanted, window, _, _) = Window(state, text, a, name);
            if (window is null) continue;
            var found = name == "startswith"
                ? window.StartsWith(wanted, StringComparison.Ordinal)
                : window.EndsWith(wanted, StringComparison.Ordinal);
            if (found) return BooleanValue.True;
        }

        return BooleanValue.False;
    }

    public static JinjaValue Replace(RenderState state, TextValue text, Arguments arguments)
    {
        var a = arguments.Bind(state, "replace", 2, "*old", "*new", "*count");
        var count = a[2] is null ? -1 : Numbers.ToInt(state, a[2]!, "replace's count");
        return new TextValue(Replace(state, text.Text, TextLayout.Text(state, a[0]!, "replace"), TextLayout.Text(state, a[1]!, "replace"), count));
    }

    /// <summary>str.replace.</summary>
    /// <param name="state">The rendering.</param>
    /// <param name="text">Where.</param>
    /// <param name="old">What; an empty text is found before each character and at the end.</param>
    /// <param name="by">By what.</param>
    /// <param name="count">How often at most; negative for always.</param>
    public static string Replace(RenderState state, string text, string old, string by, int count)
    {
        state.SpendSearch(text.Length, old.Length);
        var output = new System.Text.StringBuilder();
        var (at, copied) = (0, 0);
        while (count != 0 && at <= text.Length)
        {
            var found = old.Length == 0 ? at : text.IndexOf(old, at, StringComparison.Ordinal);
            if (found < 0) break;
            state.CheckLength((long)output.Length + by.Length);
            output.Append(text, copied, found - copied).Append(by);
            copied = found + old.Length;
            at = old.Length > 0 ? copied : found < text.Length ? found + CodePoints.Width(text, found) : found + 1;
            count--;
        }

        output.Append(text, copied, text.Length - copied);
        state.SpendText(output.Length);
        return output.ToString();
    }

    // An empty text is last found at the end.
    private static int LastIndexOf(string text, string part) => part.Length == 0 ? text.Length : text.LastIndexOf(part, StringComparison.Ordinal);

    // Null where the bounds leave nothing, not even an empty text at an end.
    private static (string Part, string? Window, int Start, int End) Window(RenderState state, TextValue text, JinjaValue?[] arguments, string name)
    {
        var part = TextLayout.Text(state, arguments[0]!, name);
        state.SpendSearch(text.Text.Length, part.Length);
        if (arguments[1] is null && arguments[2] is null) return (part, text.Text, 0, text.Length);
        var start = Bound(arguments[1], 0);
        var end = Math.Min(Bound(arguments[2], text.Length), text.Length);
        return start > text.Length || start > end ? (part, null, start, end) : (part, text.Slice(start, end), start, end);

        int Bound(JinjaValue? value, int missing)
        {
            if (value is null or NoneValue) return missing;
            var bound = Numbers.ToLong(state, value, $"{name}'s bound");
            return (int)Math.Clamp(bound < 0 ? bound + text.Length : bound, 0, int.MaxValue);
        }
    }
}
