namespace LisaOrleans.Data.Jinja;

/// <summary>Methods of a list or tuple that do not change it.</summary>
internal static class ListMethods
{
    public static JinjaValue? Find(RenderState state, ListValue list, string name) => name switch
    {
        "count" => new CallableValue(name, (s, a) => Count(s, list, a)),
        "index" => new CallableValue(name, (s, a) => Index(s, list, a)),
        "copy" when !list.IsTuple => new CallableValue(name, (s, a) =>
        {
            a.Bind(s, name, 0);
            return list;
        }),
        "grouper" when list.IsGroup => list.Elements[0],
        "list" when list.IsGroup => list.Elements[1],
        _ => null,
    };

    private static IntegerValue Count(RenderState state, ListValue list, Arguments arguments)
    {
        var wanted = arguments.Bind(state, "count", 1, "value")[0]!;
        return JinjaValue.Of(list.Elements.Count(e => Comparison.AreEqual(state, e, wanted)));
    }

    private static IntegerValue Index(RenderState state, ListValue list, Arguments arguments)
    {
        var a = arguments.Bind(state, "index", 1, "value", "start", "stop");
        var (start, stop) = (Place(a[1], 0), Place(a[2], list.Elements.Count));
        for (var i = start; i < stop; i++)
            if (Comparison.AreEqual(state, list.Elements[i], a[0]!)) return JinjaValue.Of(i);
        throw state.Error("index does not find the element in the list");

        int Place(JinjaValue? value, int missing)
        {
            var at = value is null ? missing : Numbers.ToInt(state, value, "a place in a list");
            return Math.Clamp(at < 0 ? at + list.Elements.Count : at, 0, list.Elements.Count);
        }
    }
}
