using System.Numerics;

namespace LisaOrleans.Data.Jinja;

/// <summary>Filters for numbers.</summary>
internal static class NumberFilters
{
    public static JinjaValue Abs(RenderState state, Arguments arguments)
    {
        var value = arguments.Bind(state, "abs", 1, "*x")[0]!;
        return value is FloatValue f ? new FloatValue(Math.Abs(f.Value))
            : Numbers.IsInteger(value, out var i) ? IntegerValue.Of(BigInteger.Abs(i))
            : throw state.Error($"abs needs a number, not '{value.TypeName}'");
    }

    public static JinjaValue Int(RenderState state, Arguments arguments)
    {
        var a = arguments.Bind(state, "int", 1, "value", "default", "base");
        var radix = a[2] is null ? 10 : Numbers.ToInt(state, a[2]!, "int's base");
        var missing = a[1] ?? JinjaValue.Of(0);
        switch (a[0])
        {
            case UndefinedValue u:
                throw state.Error(u.Problem);
            case TextValue text:
                if (IntegerText.Parse(state, text.Text, radix) is { } parsed) return Operators.Integer(state, parsed);
                return FloatText.Parse(text.Text) is { } number ? Truncated(state, number) ?? missing : missing;
            case FloatValue f:
                return Truncated(state, f.Value) ?? missing;
            default:
                return Numbers.IsInteger(a[0]!, out var integer) ? IntegerValue.Of(integer) : missing;
        }
    }

    public static JinjaValue Float(RenderState state, Arguments arguments)
    {
        var a = arguments.Bind(state, "float", 1, "value", "default");
        var missing = a[1] ?? new FloatValue(0);
        return a[0] switch
        {
            UndefinedValue u => throw state.Error(u.Problem),
            TextValue text => FloatText.Parse(text.Text) is { } number ? new FloatValue(number) : missing,
            var value => Numbers.IsNumber(value!) ? new FloatValue(Numbers.ToDouble(value!)) : missing,
        };
    }

    public static JinjaValue Round(RenderState state, Arguments arguments)
    {
        var a = arguments.Bind(state, "round", 1, "value", "precision", "method");
        var digits = a[1] is null ? 0 : Numbers.ToInt(state, a[1]!, "round's precision");
        var method = a[2] is null ? "common" : TextLayout.Text(state, a[2]!, "round");
        if (method is not ("common" or "ceil" or "floor")) throw state.Error("round's method must be common, ceil or floor");
        if (!Numbers.IsNumber(a[0]!)) throw state.Error($"round needs a number, not '{a[0]!.TypeName}'");
        if (method == "common")
        {
            if (a[0] is FloatValue f) return new FloatValue(FloatText.Round(f.Value, digits));
            Numbers.IsInteger(a[0]!, out var integer);
            if (digits >= 0) return IntegerValue.Of(integer);
            var unit = BigInteger.Pow(10, Math.Min(-digits, 5000));
            return IntegerValue.Of(FloatText.RoundedQuotient(integer, unit) * unit);
        }

        var scale = Operators.Power(state, JinjaValue.Of(10), JinjaValue.Of(digits));
        var scaled = Numbers.ToDouble(Operators.Multiply(state, a[0]!, scale));
        if (!double.IsFinite(scaled)) throw state.Error("round needs a finite number");
        var whole = IntegerValue.Of(new BigInteger(method == "ceil" ? Math.Ceiling(scaled) : Math.Floor(scaled)));
        return Operators.Divide(state, whole, scale);
    }

    public static JinjaValue Sum(RenderState state, Arguments arguments)
    {
        var a = arguments.Bind(state, "sum", 1, "iterable", "attribute", "start");
        var get = Getter.Of(state, a[1]);
        var sum = a[2] ?? JinjaValue.Of(0);
        if (sum is TextValue) throw state.Error("sum cannot add texts; join can");
        foreach (var item in state.Iterate(a[0]!)) sum = Operators.Add(state, sum, get(item));
        return sum;
    }

    // Null for NaN. Python can turn neither it nor infinity into an integer; infinity is an error.
    private static IntegerValue? Truncated(RenderState state, double value) => double.IsNaN(value) ? null
        : double.IsInfinity(value) ? throw state.Error("infinity cannot become an integer")
        : IntegerValue.Of(new BigInteger(value));
}
