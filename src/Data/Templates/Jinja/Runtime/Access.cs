namespace LisaOrleans.Data.Jinja;

/// <summary>Attributes, elements and slices, as Jinja's sandbox resolves them: what is not there is undefined.</summary>
internal static class Access
{
    /// <summary><c>value.name</c>: Python's own attribute first, then the element.</summary>
    public static JinjaValue Attribute(RenderState state, JinjaValue value, string name)
    {
        if (value is UndefinedValue u) throw state.Error(u.Problem);
        return Members.Find(state, value, name) ?? Element(value, new TextValue(name)) ?? UndefinedValue.Member(value, new TextValue(name));
    }

    /// <summary><c>value[key]</c>: the element first, then Python's own attribute.</summary>
    public static JinjaValue Item(RenderState state, JinjaValue value, JinjaValue key)
    {
        if (value is UndefinedValue u) throw state.Error(u.Problem);
        return Element(value, key)
            ?? (key is TextValue name ? Members.Find(state, value, name.Text) : null)
            ?? UndefinedValue.Member(value, key);
    }

    /// <summary><c>value[start:stop:step]</c>.</summary>
    public static JinjaValue Slice(RenderState state, JinjaValue value, JinjaValue? start, JinjaValue? stop, JinjaValue? step)
    {
        if (value is UndefinedValue u) throw state.Error(u.Problem);
        if (value is not (TextValue or ListValue or RangeValue)) throw state.Error($"'{value.TypeName}' cannot be sliced");
        var length = value.Count!.Value;
        var by = Bound(state, step) ?? 1;
        if (by == 0) throw state.Error("a slice's step cannot be zero");
        var (low, high) = by > 0 ? (0L, length) : (-1L, length - 1L);
        var from = Clamp(Bound(state, start), by > 0 ? low : high);
        var to = Clamp(Bound(state, stop), by > 0 ? high : low);
        if (value is TextValue t && by == 1)
        {
            var slice = from < to ? t.Slice((int)from, (int)to) : "";
            state.SpendText(slice.Length);
            return new TextValue(slice, t.IsMarkup);
        }

        if (value is RangeValue r) return new RangeValue(r.Start + (from * r.Step), r.Start + (to * r.Step), r.Step * by);
        var elements = (value as ListValue)?.Elements ?? state.ToList(value);
        var picked = new List<JinjaValue>();
        for (var i = from; by > 0 ? i < to : i > to; i += by) picked.Add(elements[(int)i]);
        return value is TextValue text
            ? new TextValue(string.Concat(picked.Select(p => ((TextValue)p).Text)), text.IsMarkup)
            : state.List(picked, ((ListValue)value).IsTuple);

        long Clamp(long? bound, long missing) =>
            bound is not { } b ? missing : Math.Clamp(b < 0 ? b + length : b, by > 0 ? 0 : -1, by > 0 ? length : length - 1);
    }

    private static JinjaValue? Element(JinjaValue value, JinjaValue key)
    {
        if (value is DictValue dict) return KeyComparer.CanBeKey(key) ? dict.Find(key) : null;
        if (!Numbers.IsInteger(key, out var index) || value is not (TextValue or ListValue or RangeValue)) return null;
        var length = value.Count!.Value;
        if (index < 0) index += length;
        if (index < 0 || index >= length) return null;
        var at = (int)index;
        return value switch
        {
            ListValue l => l.Elements[at],
            RangeValue r => r.At(at),
            TextValue t => new TextValue(t.Slice(at, at + 1), t.IsMarkup),
            _ => null,
        };
    }

    private static long? Bound(RenderState state, JinjaValue? bound) =>
        bound is null or NoneValue ? null : Math.Clamp(Numbers.ToLong(state, bound, "a slice's bound"), -1L << 40, 1L << 40);
}
