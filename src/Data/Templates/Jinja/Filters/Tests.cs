using System.Collections.Frozen;

namespace LisaOrleans.Data.Jinja;

/// <summary>Jinja's tests. A test's first argument is the value it is applied to.</summary>
internal static class Tests
{
    private static readonly FrozenDictionary<string, Func<RenderState, Arguments, JinjaValue>> s_tests =
        new Dictionary<string, Func<RenderState, Arguments, JinjaValue>>
        {
            ["boolean"] = Kind("boolean", v => v is BooleanValue),
            ["callable"] = Kind("callable", v => v is CallableValue or UndefinedValue or LoopValue),
            ["defined"] = Kind("defined", v => v is not UndefinedValue),
            ["divisibleby"] = (s, a) => Divisible(s, a.Bind(s, "divisibleby", 2, "value", "num")),
            ["escaped"] = Kind("escaped", v => v is TextValue { IsMarkup: true }),
            ["even"] = (s, a) => Remainder(s, a.Bind(s, "even", 1, "value")[0]!, 0),
            ["false"] = Kind("false", v => ReferenceEquals(v, BooleanValue.False)),
            ["filter"] = (s, a) => JinjaValue.Of(a.Bind(s, "filter", 1, "value")[0] is TextValue t && Filters.Find(t.Text) is not null),
            ["float"] = Kind("float", v => v is FloatValue),
            ["in"] = Compare("in"),
            ["integer"] = Kind("integer", v => v is IntegerValue),
            ["iterable"] = (s, a) => JinjaValue.Of(a.Bind(s, "iterable", 1, "value")[0]!.Items(s) is not null),
            ["lower"] = Text("lower", TextCase.IsLower),
            ["mapping"] = Kind("mapping", v => v is DictValue),
            ["none"] = Kind("none", v => v is NoneValue),
            ["number"] = Kind("number", Numbers.IsNumber),
            ["odd"] = (s, a) => Remainder(s, a.Bind(s, "odd", 1, "value")[0]!, 1),
            ["sameas"] = (s, a) => Same(s, a.Bind(s, "sameas", 2, "value", "other")),
            ["sequence"] = Kind("sequence", v => v is TextValue or ListValue or DictValue or RangeValue or UndefinedValue),
            ["string"] = Kind("string", v => v is TextValue),
            ["test"] = (s, a) => JinjaValue.Of(a.Bind(s, "test", 1, "value")[0] is TextValue t && Find(t.Text) is not null),
            ["true"] = Kind("true", v => ReferenceEquals(v, BooleanValue.True)),
            ["undefined"] = Kind("undefined", v => v is UndefinedValue),
            ["upper"] = Text("upper", TextCase.IsUpper),
            ["=="] = Compare("=="),
            ["eq"] = Compare("=="),
            ["equalto"] = Compare("=="),
            ["!="] = Compare("!="),
            ["ne"] = Compare("!="),
            [">"] = Compare(">"),
            ["gt"] = Compare(">"),
            ["greaterthan"] = Compare(">"),
            [">="] = Compare(">="),
            ["ge"] = Compare(">="),
            ["<"] = Compare("<"),
            ["lt"] = Compare("<"),
            ["lessthan"] = Compare("<"),
            ["<="] = Compare("<="),
            ["le"] = Compare("<="),
        }.ToFrozenDictionary();

    public static Func<RenderState, Arguments, JinjaValue>? Find(string name) => s_tests.GetValueOrDefault(name);

    private static Func<RenderState, Arguments, JinjaValue> Kind(string name, Func<JinjaValue, bool> test) =>
        (state, arguments) => JinjaValue.Of(test(arguments.Bind(state, name, 1, "value")[0]!));

    private static Func<RenderState, Arguments, JinjaValue> Text(string name, Func<string, bool> test) =>
        (state, arguments) => JinjaValue.Of(test(Printer.Str(state, arguments.Bind(state, name, 1, "value")[0]!)));

    private static Func<RenderState, Arguments, JinjaValue> Compare(string sign) => (state, arguments) =>
    {
        var a = arguments.Bind(state, sign, 2, "*a", "*b");
        return JinjaValue.Of(Comparison.Holds(state, sign, a[0]!, a[1]!));
    };

    private static BooleanValue Divisible(RenderState state, JinjaValue?[] a) =>
        JinjaValue.Of(Comparison.AreEqual(state, Operators.Modulo(state, a[0]!, a[1]!), JinjaValue.Of(0)));

    private static BooleanValue Remainder(RenderState state, JinjaValue value, int rest) =>
        JinjaValue.Of(Comparison.AreEqual(state, Operators.Modulo(state, value, JinjaValue.Of(2)), JinjaValue.Of(rest)));

    private static BooleanValue Same(RenderState state, JinjaValue?[] a)
    {
        // Whether equal texts are the same object depends on how Python made them.
        if (a[0] is TextValue && a[1] is TextValue) throw state.Error("sameas on texts is not supported; use ==");
        return JinjaValue.Of(ReferenceEquals(a[0], a[1]));
    }
}
