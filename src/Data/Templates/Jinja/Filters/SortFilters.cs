namespace LisaOrleans.Data.Jinja;

/// <summary>Filters that order elements.</summary>
internal static class SortFilters
{
    public static JinjaValue Sort(RenderState state, Arguments arguments)
    {
        var a = arguments.Bind(state, "sort", 1, "value", "reverse", "case_sensitive", "attribute");
        var ignoreCase = a[2] is not { IsTrue: true };
        IEnumerable<JinjaValue?> paths = a[3] is TextValue { Text: var all } ? all.Split(',').Select(p => new TextValue(p)) : [a[3]];
        var getters = paths.Select(p => Getter.Of(state, p, ignoreCase: ignoreCase)).ToList();

        // Jinja compares lists of the keys, even of one: so None and None have an order here, and nowhere else.
        ListValue Key(JinjaValue item) => state.List([.. getters.Select(get => get(item))]);
        return state.List(Sorting.Sort(state, state.ToList(a[0]!), Key, a[1] is { IsTrue: true }));
    }

    public static JinjaValue DictSort(RenderState state, Arguments arguments)
    {
        var a = arguments.Bind(state, "dictsort", 1, "value", "case_sensitive", "by", "reverse");
        if (a[0] is not DictValue dict) throw state.Error($"dictsort needs a dict, not '{a[0]!.TypeName}'");
        var place = a[2] switch
        {
            null or TextValue { Text: "key" } => 0,
            TextValue { Text: "value" } => 1,
            _ => throw state.Error("dictsort's 'by' must be 'key' or 'value'"),
        };
        var key = Getter.Of(state, JinjaValue.Of(place), ignoreCase: a[1] is not { IsTrue: true });
        return state.List(Sorting.Sort(state, DictMethods.Pairs(dict), key, a[3] is { IsTrue: true }));
    }

    public static JinjaValue GroupBy(RenderState state, Arguments arguments)
    {
        var a = arguments.Bind(state, "groupby", 2, "value", "attribute", "default", "case_sensitive");
        var missing = a[2] is NoneValue ? null : a[2];
        var key = Getter.Of(state, a[1], missing, ignoreCase: a[3] is not { IsTrue: true });
        var shown = Getter.Of(state, a[1], missing);
        var groups = new List<(JinjaValue Key, List<JinjaValue> Items)>();
        foreach (var item in Sorting.Sort(state, state.ToList(a[0]!), key, reverse: false))
        {
            var k = key(item);
            if (groups.Count == 0 || !Comparison.AreEqual(state, groups[^1].Key, k)) groups.Add((k, []));
            groups[^1].Items.Add(item);
        }

        return state.List([.. groups.Select(g => new ListValue([shown(g.Items[0]), state.List(g.Items)], isTuple: true) { IsGroup = true })]);
    }

    /// <summary>max and min.</summary>
    public static JinjaValue Extreme(RenderState state, Arguments arguments, string name, int sign)
    {
        var a = arguments.Bind(state, name, 1, "value", "case_sensitive", "attribute");
        var key = Getter.Of(state, a[2], ignoreCase: a[1] is not { IsTrue: true });
        JinjaValue? best = null;
        JinjaValue? bestKey = null;
        foreach (var item in state.Iterate(a[0]!))
        {
            var k = key(item);
            if (best is null || Comparison.Order(state, k, bestKey!) * sign > 0) (best, bestKey) = (item, k);
        }

        return best ?? new UndefinedValue($"the {name} of an empty sequence is undefined");
    }
}
