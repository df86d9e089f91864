using System.Numerics;

namespace LisaOrleans.Data.Jinja;

/// <summary>An integer of any size, as Python's.</summary>
internal sealed class IntegerValue : JinjaValue
{
    private const int Smallest = -5;
    private const int Largest = 256;

    // Python, too, has one object for each of these.
    private static readonly IntegerValue[] s_small = [.. Enumerable.Range(Smallest, Largest - Smallest + 1).Select(i => new IntegerValue(i))];

    private IntegerValue(BigInteger value) => Value = value;

    public BigInteger Value { get; }

    public override string TypeName => "int";

    public override bool IsTrue => !Value.IsZero;

    public static new IntegerValue Of(long value) =>
        value is >= Smallest and <= Largest ? s_small[value - Smallest] : new IntegerValue(value);

    public static IntegerValue Of(BigInteger value) =>
        value >= Smallest && value <= Largest ? s_small[(int)value - Smallest] : new IntegerValue(value);
}
