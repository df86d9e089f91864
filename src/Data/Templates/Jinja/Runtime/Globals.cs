namespace LisaOrleans.Data.Jinja;

/// <summary>The functions that every template has.</summary>
internal static class Globals
{
    private static readonly Dictionary<string, CallableValue> s_functions = new CallableValue[]
    {
        new("range", Range),
        new("dict", Dict),
        new("namespace", Namespace),
        new("raise_exception", Raise),
        new("strftime_now", (state, arguments) =>
            state.Text(DateFormat.Apply(state, TextLayout.Text(state, arguments.Bind(state, "strftime_now", 1, "format")[0]!, "strftime_now")))),
    }.ToDictionary(f => f.Name);

    /// <summary>What Jinja has too and no chat template needs.</summary>
    public static IReadOnlyList<string> Unsupported { get; } = ["cycler", "joiner", "lipsum"];

    public static CallableValue? Find(string name) => s_functions.GetValueOrDefault(name);

    private static RangeValue Range(RenderState state, Arguments arguments)
    {
        var a = arguments.Bind(state, "range", 1, "*start", "*stop", "*step");
        var first = Numbers.ToLong(state, a[0]!, "range's bound");
        var stop = a[1] is null ? first : Numbers.ToLong(state, a[1]!, "range's bound");
        var step = a[2] is null ? 1 : Numbers.ToLong(state, a[2]!, "range's step");
        if (step == 0) throw state.Error("range's step cannot be zero");
        var range = new RangeValue(a[1] is null ? 0 : first, stop, step);
        return range.Length <= RangeValue.Longest ? range : throw state.Error($"a range has at most {RangeValue.Longest} elements");
    }

    private static DictValue Dict(RenderState state, Arguments arguments)
    {
        if (arguments.Positional.Count > 1) throw state.Error("dict takes one argument without a name");
        var dict = new DictValue();
        foreach (var (key, value) in arguments.Positional.SelectMany(p => Pairs(state, p)))
        {
            if (!KeyComparer.CanBeKey(key)) throw state.Error($"a '{key.TypeName}' as a key of a dict is not supported");
            dict.Set(key, value);
        }

        foreach (var (name, value) in arguments.Named) dict.Set(JinjaValue.Of(name), value);
        state.Spend(dict.Count!.Value);
        return state.Checked(dict);
    }

    private static IEnumerable<KeyValuePair<JinjaValue, JinjaValue>> Pairs(RenderState state, JinjaValue value)
    {
        if (value is DictValue dict) return dict.Members;
        return state.Iterate(value).Select(item => state.ToList(item) is [var key, var member]
            ? KeyValuePair.Create(key, member)
            : throw state.Error("dict needs pairs"));
    }

    private static NamespaceValue Namespace(RenderState state, Arguments arguments)
    {
        var ns = new NamespaceValue();
        foreach (var (key, value) in Dict(state, arguments).Members) ns.Members[Printer.Str(state, key)] = value;
        return ns;
    }

    private static JinjaValue Raise(RenderState state, Arguments arguments)
    {
        var message = arguments.Bind(state, "raise_exception", 1, "message")[0]!;
        throw new JinjaRefusedException(Printer.Str(state, message), state.Line);
    }
}
