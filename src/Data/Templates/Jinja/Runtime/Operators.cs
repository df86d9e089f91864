using System.Numerics;

namespace LisaOrleans.Data.Jinja;

/// <summary>Python's arithmetic.</summary>
internal static class Operators
{
    // Python prints integers of up to 4,300 digits.
    private const int LongestInteger = 14_284;

    public static JinjaValue Add(RenderState state, JinjaValue left, JinjaValue right) => (left, right) switch
    {
        (TextValue l, TextValue r) => Concatenate(state, l, r),
        (ListValue l, ListValue r) when l.IsTuple == r.IsTuple => Concatenate(state, l, r),
        _ => Arithmetic(state, "+", left, right, static (l, r) => l + r, static (l, r) => l + r),
    };

    public static JinjaValue Subtract(RenderState state, JinjaValue left, JinjaValue right) =>
        (left as ViewValue ?? right as ViewValue) is { IsSetLike: true } view
            ? throw state.Error($"'-' makes a set of '{view.TypeName}', which is not supported")
            : Arithmetic(state, "-", left, right, static (l, r) => l - r, static (l, r) => l - r);

    public static JinjaValue Multiply(RenderState state, JinjaValue left, JinjaValue right) => (left, right) switch
    {
        (TextValue l, _) when Numbers.IsInteger(right, out var n) => Repeat(state, l, n),
        (_, TextValue r) when Numbers.IsInteger(left, out var n) => Repeat(state, r, n),
        (ListValue l, _) when Numbers.IsInteger(right, out var n) => Repeat(state, l, n),
        (_, ListValue r) when Numbers.IsInteger(left, out var n) => Repeat(state, r, n),
        _ => Arithmetic(state, "*", left, right, static (l, r) => l * r, static (l, r) => l * r),
    };

    public static JinjaValue Divide(RenderState state, JinjaValue left, JinjaValue right)
    {
        RequireNumbers(state, "/", left, right);
        RequireDivisor(state, right);
        return Float(state, Numbers.ToDouble(left) / Numbers.ToDouble(right));
    }

    public static JinjaValue FloorDivide(RenderState state, JinjaValue left, JinjaValue right)
    {
        RequireNumbers(state, "//", left, right);
        RequireDivisor(state, right);
        if (Numbers.IsInteger(left, out var l) && Numbers.IsInteger(right, out var r)) return IntegerValue.Of(FloorQuotient(l, r));
        var (x, y) = (Numbers.ToDouble(left), Numbers.ToDouble(right));
        var quotient = (x - FloorRemainder(x, y)) / y;
        var floor = Math.Floor(quotient);
        return new FloatValue(quotient - floor > 0.5 ? floor + 1 : floor);
    }

    public static JinjaValue Modulo(RenderState state, JinjaValue left, JinjaValue right)
    {
        if (left is TextValue format) return PercentFormat.Apply(state, format, right);
        RequireNumbers(state, "%", left, right);
        RequireDivisor(state, right);
        return Numbers.IsInteger(left, out var l) && Numbers.IsInteger(right, out var r)
            ? IntegerValue.Of(l - (FloorQuotient(l, r) * r))
            : new FloatValue(FloorRemainder(Numbers.ToDouble(left), Numbers.ToDouble(right)));
    }

    public static JinjaValue Power(RenderState state, JinjaValue left, JinjaValue right)
    {
        RequireNumbers(state, "**", left, right);
        if (Numbers.IsInteger(left, out var l) && Numbers.IsInteger(right, out var r) && r.Sign >= 0)
        {
            if (l.IsZero || l.IsOne || r.IsZero) return IntegerValue.Of(r.IsZero ? BigInteger.One : l);
            if (r > LongestInteger || (l.GetBitLength() - 1) * (long)r > LongestInteger) throw TooLarge(state);
            return Integer(state, BigInteger.Pow(l, (int)r));
        }

        var (x, y) = (Numbers.ToDouble(left), Numbers.ToDouble(right));
        if (x == 0 && y < 0) throw state.Error("zero cannot be raised to a negative power");
        if (x < 0 && double.IsFinite(x) && double.IsFinite(y) && !double.IsInteger(y)) throw state.Error("complex numbers are not supported");
        return Float(state, Math.Pow(x, y), overflow: double.IsFinite(x) && double.IsFinite(y));
    }

    public static JinjaValue Negate(RenderState state, JinjaValue value) => value switch
    {
        FloatValue f => new FloatValue(-f.Value),
        _ when Numbers.IsInteger(value, out var i) => IntegerValue.Of(-i),
        UndefinedValue u => throw state.Error(u.Problem),
        _ => throw state.Error($"'-' cannot be applied to '{value.TypeName}'"),
    };

    public static JinjaValue Plus(RenderState state, JinjaValue value) => value switch
    {
        FloatValue => value,
        _ when Numbers.IsInteger(value, out var i) => IntegerValue.Of(i),
        UndefinedValue u => throw state.Error(u.Problem),
        _ => throw state.Error($"'+' cannot be applied to '{value.TypeName}'"),
    };

    public static JinjaValue Integer(RenderState state, BigInteger value) =>
        value.GetBitLength() <= LongestInteger ? IntegerValue.Of(value) : throw TooLarge(state);

    private static JinjaException TooLarge(RenderState state) => state.Error("the template computes an integer of more than 4,300 digits");

    private static TextValue Concatenate(RenderState state, TextValue left, TextValue right)
    {
        if (left.IsMarkup || right.IsMarkup) return Markup.Concatenate(state, left, right);
        state.SpendText((long)left.Text.Length + right.Text.Length);
        return new TextValue(left.Text + right.Text);
    }

    private static ListValue Concatenate(RenderState state, ListValue left, ListValue right)
    {
        state.Spend((long)left.Elements.Count + right.Elements.Count);
        return state.Checked(new ListValue([.. left.Elements, .. right.Elements], left.IsTuple));
    }

    private static TextValue Repeat(RenderState state, TextValue text, BigInteger times)
    {
        if (times.Sign <= 0 || text.Text.Length == 0) return new TextValue("", text.IsMarkup);
        var length = times * text.Text.Length;
        state.SpendText(length > long.MaxValue ? long.MaxValue : (long)length);
        return new TextValue(string.Concat(Enumerable.Repeat(text.Text, (int)times)), text.IsMarkup);
    }

    private static ListValue Repeat(RenderState state, ListValue list, BigInteger times)
    {
        if (times.Sign <= 0 || list.Elements.Count == 0) return new ListValue([], list.IsTuple);
        var length = times * list.Elements.Count;
        state.Spend(length > int.MaxValue ? int.MaxValue : (long)length);
        return new ListValue([.. Enumerable.Repeat(list.Elements, (int)times).SelectMany(e => e)], list.IsTuple);
    }

    private static JinjaValue Arithmetic(
        RenderState state, string sign, JinjaValue left, JinjaValue right,
        Func<BigInteger, BigInteger, BigInteger> integers, Func<double, double, double> floats)
    {
        RequireNumbers(state, sign, left, right);
        return Numbers.IsInteger(left, out var l) && Numbers.IsInteger(right, out var r)
            ? Integer(state, integers(l, r))
            : new FloatValue(floats(Numbers.ToDouble(left), Numbers.ToDouble(right)));
    }

    private static void RequireNumbers(RenderState state, string sign, JinjaValue left, JinjaValue right)
    {
        if (left is UndefinedValue l) throw state.Error(l.Problem);
        if (right is UndefinedValue r) throw state.Error(r.Problem);
        if (!Numbers.IsNumber(left) || !Numbers.IsNumber(right))
            throw state.Error($"'{sign}' cannot be applied to '{left.TypeName}' and '{right.TypeName}'");
    }

    private static void RequireDivisor(RenderState state, JinjaValue value)
    {
        if (!value.IsTrue) throw state.Error("division by zero");
    }

    // Python raises where a float leaves its range by division or a power, not by * and +.
    private static FloatValue Float(RenderState state, double value, bool overflow = true) =>
        overflow && double.IsInfinity(value) ? throw state.Error("a number is too large for a float") : new FloatValue(value);

    private static BigInteger FloorQuotient(BigInteger left, BigInteger right)
    {
        var quotient = BigInteger.DivRem(left, right, out var rest);
        return !rest.IsZero && rest.Sign != right.Sign ? quotient - 1 : quotient;
    }

    private static double FloorRemainder(double left, double right)
    {
        var rest = left % right;
        if (rest == 0) return Math.CopySign(0, right);
        return rest < 0 != right < 0 ? rest + right : rest;
    }
}
