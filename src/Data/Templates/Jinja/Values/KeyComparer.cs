using System.Numerics;

namespace LisaOrleans.Data.Jinja;

/// <summary>Equality of keys in a dict. As in Python, True, 1 and 1.0 are one key.</summary>
internal sealed class KeyComparer : IEqualityComparer<JinjaValue>
{
    public static KeyComparer Instance { get; } = new();

    /// <summary>Whether a value can be a key here: Python has tuples and ranges too, which no chat template needs.</summary>
    public static bool CanBeKey(JinjaValue value) => value is not (ListValue or DictValue or ViewValue or RangeValue);

    /// <summary>Whether a value can be a key in Python.</summary>
    public static bool IsHashable(JinjaValue value) =>
        value is RangeValue || CanBeKey(value) || value is ListValue { IsHashable: true };

    public bool Equals(JinjaValue? x, JinjaValue? y) => (x, y) switch
    {
        (TextValue a, TextValue b) => a.Text == b.Text,
        (TextValue, _) or (_, TextValue) => false,
        (UndefinedValue, UndefinedValue) => true,
        _ => ReferenceEquals(x, y) || Numbers.AreEqual(x!, y!),
    };

    public int GetHashCode(JinjaValue obj) => obj switch
    {
        TextValue t => t.Text.GetHashCode(),
        BooleanValue b => b.Value ? 1 : 0,
        IntegerValue i => Hash(i.Value),
        FloatValue f when double.IsInteger(f.Value) => Hash(new BigInteger(f.Value)),
        FloatValue f => f.Value.GetHashCode(),
        _ => 0,
    };

    private static int Hash(BigInteger value) => value >= int.MinValue && value <= int.MaxValue ? (int)value : value.GetHashCode();
}
