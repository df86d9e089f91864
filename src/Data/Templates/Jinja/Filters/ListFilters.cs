namespace LisaOrleans.Data.Jinja;

/// <summary>Filters for lists and what else can be iterated.</summary>
internal static class ListFilters
{
    public static JinjaValue List(RenderState state, Arguments arguments) => state.List(state.ToList(arguments.Bind(state, "list", 1, "value")[0]!));

    public static JinjaValue First(RenderState state, Arguments arguments)
    {
        // Not FirstOrDefault: the generator is asked for its next element and goes on afterwards.
        using var items = state.Iterate(arguments.Bind(state, "first", 1, "seq")[0]!).GetEnumerator();
        return items.MoveNext() ? items.Current : new UndefinedValue("the first element of an empty sequence is undefined");
    }

    public static JinjaValue Last(RenderState state, Arguments arguments)
    {
        var value = arguments.Bind(state, "last", 1, "seq")[0]!;
        if (value.Count is null) throw state.Error($"'{value.TypeName}' has no last element");
        return state.ToList(value) is [.., var last] ? last : new UndefinedValue("the last element of an empty sequence is undefined");
    }

    public static JinjaValue Reverse(RenderState state, Arguments arguments)
    {
        var value = arguments.Bind(state, "reverse", 1, "value")[0]!;
        if (value is TextValue text)
            return new TextValue(string.Concat(state.ToList(text).AsEnumerable().Reverse().Select(c => ((TextValue)c).Text)), text.IsMarkup);
        var items = state.ToList(value);
        items.Reverse();
        return value.Count is null ? state.List(items) : state.Generator(value, items);
    }

    public static JinjaValue Items(RenderState state, Arguments arguments)
    {
        var value = arguments.Bind(state, "items", 1, "value")[0]!;
        return value switch
        {
            UndefinedValue => state.Generator(value, []),
            DictValue dict => state.Generator(value, DictMethods.Pairs(dict)),
            _ => throw state.Error($"items needs a dict, not '{value.TypeName}'"),
        };
    }

    public static JinjaValue Unique(RenderState state, Arguments arguments)
    {
        var a = arguments.Bind(state, "unique", 1, "value", "case_sensitive", "attribute");
        var key = Getter.Of(state, a[2], ignoreCase: a[1] is not { IsTrue: true });
        return state.Generator(a[0]!, Items());

        IEnumerable<JinjaValue> Items()
        {
            var seen = new HashSet<JinjaValue>(KeyComparer.Instance);
            foreach (var item in state.Iterate(a[0]!))
            {
                var k = key(item);
                if (!KeyComparer.CanBeKey(k)) throw state.Error($"unique on a '{k.TypeName}' is not supported");
                if (seen.Add(k)) yield return item;
            }
        }
    }

    public static JinjaValue Batch(RenderState state, Arguments arguments)
    {
        var a = arguments.Bind(state, "batch", 2, "value", "linecount", "fill_with");
        var size = Numbers.ToInt(state, a[1]!, "batch's linecount");
        return state.Generator(a[0]!, Items());

        IEnumerable<JinjaValue> Items()
        {
            var batch = new List<JinjaValue>();
            foreach (var item in state.Iterate(a[0]!))
            {
                if (batch.Count == size)
                {
                    yield return state.List(batch);
                    batch = [];
                }

                batch.Add(item);
            }

            if (batch.Count == 0) yield break;
            if (a[2] is { } fill and not NoneValue)
            {
                for (; batch.Count < size; batch.Add(fill)) state.Spend(1);
            }

            yield return state.List(batch);
        }
    }

    public static JinjaValue Slice(RenderState state, Arguments arguments)
    {
        var a = arguments.Bind(state, "slice", 2, "value", "slices", "fill_with");
        var slices = Numbers.ToInt(state, a[1]!, "slice's slices");
        return state.Generator(a[0]!, Items());

        IEnumerable<JinjaValue> Items()
        {
            var all = state.ToList(a[0]!);
            if (slices == 0) throw state.Error("division by zero");
            var (size, larger) = ((int)Math.Floor((double)all.Count / slices), all.Count % slices);
            var at = 0;
            for (var i = 0; i < slices; i++)
            {
                var count = size + (i < larger ? 1 : 0);
                var slice = all.GetRange(at, count);
                at += count;
                if (a[2] is { } fill and not NoneValue && i >= larger) slice.Add(fill);
                yield return state.List(slice);
            }
        }
    }
}
