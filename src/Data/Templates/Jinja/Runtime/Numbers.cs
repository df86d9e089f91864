using System.Numerics;

namespace LisaOrleans.Data.Jinja;

/// <summary>What Python's bool, int and float have in common.</summary>
internal static class Numbers
{
    /// <summary>An int, or a bool as one.</summary>
    public static bool IsInteger(JinjaValue value, out BigInteger integer)
    {
        integer = value switch { IntegerValue i => i.Value, BooleanValue { Value: true } => BigInteger.One, _ => BigInteger.Zero };
        return value is IntegerValue or BooleanValue;
    }

    public static bool IsNumber(JinjaValue value) => value is IntegerValue or BooleanValue or FloatValue;

    /// <summary>Any number as a float.</summary>
    public static double ToDouble(JinjaValue value) => value is FloatValue f ? f.Value : IsInteger(value, out var i) ? (double)i : double.NaN;

    /// <summary>Exact, as Python's: 2**53 + 1 is not 2.0**53.</summary>
    public static bool AreEqual(JinjaValue left, JinjaValue right) => IsNumber(left) && IsNumber(right) && Compare(left, right) == 0;

    /// <summary>Order of two numbers; null if one is not a number.</summary>
    public static int? Compare(JinjaValue left, JinjaValue right)
    {
        if (IsInteger(left, out var l) && IsInteger(right, out var r)) return l.CompareTo(r);
        if (left is FloatValue a && right is FloatValue b) return double.IsNaN(a.Value) || double.IsNaN(b.Value) ? null : a.Value.CompareTo(b.Value);
        return left is FloatValue f ? -Mixed(right, f.Value) : Mixed(left, ((FloatValue)right).Value);
    }

    private static int? Mixed(JinjaValue integer, double other)
    {
        if (double.IsNaN(other)) return null;
        if (double.IsInfinity(other)) return other > 0 ? -1 : 1;
        IsInteger(integer, out var value);
        var whole = new BigInteger(Math.Floor(other));
        var order = value.CompareTo(whole);
        return order == 0 && !double.IsInteger(other) ? -1 : order;
    }

    /// <summary>An argument that must be an integer of a size that machines count in.</summary>
    public static int ToInt(RenderState state, JinjaValue value, string what) => ToLong(state, value, what) switch
    {
        > int.MaxValue => int.MaxValue,
        < int.MinValue => int.MinValue,
        var i => (int)i,
    };

    /// <inheritdoc cref="ToInt"/>
    public static long ToLong(RenderState state, JinjaValue value, string what)
    {
        if (!IsInteger(value, out var integer)) throw state.Error($"{what} must be an integer, but is '{value.TypeName}'");
        return integer > long.MaxValue ? long.MaxValue : integer < long.MinValue ? long.MinValue : (long)integer;
    }
}
