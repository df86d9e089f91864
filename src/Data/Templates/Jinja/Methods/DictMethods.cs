namespace LisaOrleans.Data.Jinja;

/// <summary>Methods of a dict that do not change it.</summary>
internal static class DictMethods
{
    public static JinjaValue? Find(RenderState state, DictValue dict, string name) => name switch
    {
        "get" => new CallableValue(name, (s, a) => Get(s, dict, a)),
        "keys" => Method(name, () => new ViewValue("keys", [.. dict.Members.Select(m => m.Key)])),
        "values" => Method(name, () => new ViewValue("values", [.. dict.Members.Select(m => m.Value)])),
        "items" => Method(name, () => new ViewValue("items", Pairs(dict))),
        "copy" => Method(name, () => dict),
        "fromkeys" => throw state.Error("the method 'fromkeys' of a dict is not supported"),
        _ => null,
    };

    /// <summary>Its members as tuples.</summary>
    public static List<JinjaValue> Pairs(DictValue dict) => [.. dict.Members.Select(m => new ListValue([m.Key, m.Value], isTuple: true))];

    private static CallableValue Method(string name, Func<JinjaValue> call) => new(name, (state, arguments) =>
    {
        arguments.Bind(state, name, 0);
        var result = call();
        state.Spend(result.Count ?? 0);
        return state.Checked(result);
    });

    private static JinjaValue Get(RenderState state, DictValue dict, Arguments arguments)
    {
        if (arguments.Named.Count > 0) throw state.Error("get takes no arguments by name");
        var a = arguments.Bind(state, "get", 1, "key", "default");
        if (!KeyComparer.IsHashable(a[0]!)) throw state.Error($"'{a[0]!.TypeName}' cannot be a key of a dict");
        return (KeyComparer.CanBeKey(a[0]!) ? dict.Find(a[0]!) : null) ?? a[1] ?? NoneValue.Instance;
    }
}
