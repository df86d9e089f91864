using System.Globalization;
using System.Numerics;

namespace LisaOrleans.Data.Jinja;

/// <summary>Integers as Python's int() reads them.</summary>
internal static class IntegerText
{
    private const int MostDigits = 4300;

    /// <summary>int(text, radix); null where Python refuses the text.</summary>
    public static BigInteger? Parse(RenderState state, string text, int radix)
    {
        if (radix is not (0 or (>= 2 and <= 36))) throw state.Error("int's base must be 0, or from 2 to 36");
        var trimmed = PythonText.Strip(text);
        var negative = trimmed.StartsWith('-');
        var digits = negative || trimmed.StartsWith('+') ? trimmed[1..] : trimmed;
        var prefix = digits.Length > 1 && digits[0] == '0' ? digits[1] switch { 'b' or 'B' => 2, 'o' or 'O' => 8, 'x' or 'X' => 16, _ => 0 } : 0;
        if (prefix > 0 && (radix == 0 || radix == prefix))
        {
            // An underscore may follow the prefix.
            digits = digits[2..];
            if (digits.StartsWith('_')) digits = digits[1..];
            radix = prefix;
        }
        else if (radix == 0)
        {
            if (digits.StartsWith('0') && digits.Trim('0', '_').Length > 0) return null;
            radix = 10;
        }

        if (!PythonText.RemoveUnderscores(digits, out digits) || !digits.All(c => Value(c) < radix)) return null;
        if (digits.Length > MostDigits) throw state.Error($"an integer has more than {MostDigits} digits");
        var value = radix == 10
            ? BigInteger.Parse(digits, CultureInfo.InvariantCulture)
            : digits.Aggregate(BigInteger.Zero, (sum, digit) => (sum * radix) + Value(digit));
        return negative ? -value : value;
    }

    private static int Value(char c) => char.IsAsciiDigit(c) ? c - '0' : char.IsAsciiLetter(c) ? char.ToLowerInvariant(c) - 'a' + 10 : int.MaxValue;
}
