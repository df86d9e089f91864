using System.Numerics;

namespace LisaOrleans.Data.Jinja;

/// <summary>Attributes that Python's own types have: the methods of texts, lists and dicts, and little more.</summary>
internal static class Members
{
    // What the sandbox hides: methods that change their object.
    private static readonly HashSet<string> s_hidden =
        ["append", "clear", "extend", "insert", "pop", "popitem", "remove", "reverse", "setdefault", "sort", "update"];

    private static readonly HashSet<string> s_unsupportedNumbers =
        ["as_integer_ratio", "bit_count", "bit_length", "conjugate", "from_bytes", "fromhex", "hex", "to_bytes"];

    /// <summary>The attribute; null where Python's type has none of that name.</summary>
    public static JinjaValue? Find(RenderState state, JinjaValue value, string name)
    {
        switch (value)
        {
            case TextValue text: return TextMethods.Find(state, text, name);
            case DictValue dict: return DictMethods.Find(state, dict, name) ?? Hidden(value, name);
            case ListValue list: return ListMethods.Find(state, list, name) ?? (list.IsTuple ? null : Hidden(value, name));
            case NamespaceValue ns: return ns.Members.GetValueOrDefault(name);
            case LoopValue loop: return loop.Attribute(state, name);
            case RangeValue range: return Range(range, name);
            case CallableValue: throw state.Error($"attributes of functions and macros are not supported, here '{name}'");
            case IntegerValue or BooleanValue or FloatValue: return Number(state, value, name);
            default: return null;
        }
    }

    private static UndefinedValue? Hidden(JinjaValue value, string name) => s_hidden.Contains(name)
        ? new UndefinedValue($"'{value.TypeName}' may not be changed, here by '{name}'")
        : null;

    private static IntegerValue? Range(RangeValue range, string name) => name switch
    {
        "start" => JinjaValue.Of(range.Start),
        "stop" => JinjaValue.Of(range.Stop),
        "step" => JinjaValue.Of(range.Step),
        _ => null,
    };

    private static JinjaValue? Number(RenderState state, JinjaValue value, string name)
    {
        if (s_unsupportedNumbers.Contains(name)) throw state.Error($"the attribute '{name}' of numbers is not supported");
        if (value is FloatValue f)
        {
            return name switch
            {
                "real" => f,
                "imag" => new FloatValue(0),
                "is_integer" => new CallableValue(name, (_, _) => JinjaValue.Of(double.IsInteger(f.Value))),
                _ => null,
            };
        }

        Numbers.IsInteger(value, out var integer);
        return name switch
        {
            "real" or "numerator" => IntegerValue.Of(integer),
            "imag" => IntegerValue.Of(BigInteger.Zero),
            "denominator" => IntegerValue.Of(BigInteger.One),
            _ => null,
        };
    }
}
