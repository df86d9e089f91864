namespace LisaOrleans.Data.Jinja;

/// <summary>Filters that apply a filter or test to each element, when the elements are asked for.</summary>
internal static class SelectFilters
{
    public static JinjaValue Map(RenderState state, Arguments arguments)
    {
        var source = arguments.Positional[0];
        return state.Generator(source, Items());

        // Jinja prepares the filter with the first element only, so that an empty list takes anything.
        IEnumerable<JinjaValue> Items()
        {
            if (!source.IsTrue) yield break;
            var map = Mapping(state, arguments);
            foreach (var item in state.Iterate(source)) yield return map(item);
        }
    }

    public static JinjaValue Select(RenderState state, Arguments arguments, bool wanted, bool byAttribute)
    {
        var source = arguments.Positional[0];
        return state.Generator(source, Items());

        IEnumerable<JinjaValue> Items()
        {
            if (!source.IsTrue) yield break;
            var test = Test(state, arguments, byAttribute);
            foreach (var item in state.Iterate(source))
                if (test(item) == wanted) yield return item;
        }
    }

    private static Func<JinjaValue, JinjaValue> Mapping(RenderState state, Arguments arguments)
    {
        if (arguments.Positional.Count > 1)
        {
            var name = Printer.Str(state, arguments.Positional[1]);
            var filter = Filters.Find(name) ?? throw state.Error($"the filter '{name}' is not supported");
            return item => filter(state, arguments.After(2, item));
        }

        var named = arguments.Named.ToDictionary(n => n.Key, n => n.Value);
        if (!named.Remove("attribute", out var attribute)) throw state.Error("map needs the name of a filter, or an attribute");
        named.Remove("default", out var missing);
        return named.Count == 0 ? Getter.Of(state, attribute, missing) : throw state.Error($"map has no parameter '{named.Keys.First()}'");
    }

    private static Func<JinjaValue, bool> Test(RenderState state, Arguments arguments, bool byAttribute)
    {
        var first = byAttribute ? 2 : 1;
        if (arguments.Positional.Count < first) throw state.Error("selectattr and rejectattr need an attribute");
        Func<JinjaValue, JinjaValue> get = byAttribute ? Getter.Of(state, arguments.Positional[1]) : item => item;
        if (arguments.Positional.Count == first) return item => get(item).IsTrue;
        var name = Printer.Str(state, arguments.Positional[first]);
        var test = Tests.Find(name) ?? throw state.Error($"the test '{name}' is not supported");
        return item => test(state, arguments.After(first + 1, get(item))).IsTrue;
    }
}
