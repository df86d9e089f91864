using System.Globalization;
using System.Numerics;
using System.Text;

namespace LisaOrleans.Data.Jinja;

/// <summary>What % formatting and str.format share: the digits of numbers. Rounding is exact, halves to even, as C's printf.</summary>
internal static class NumberFormat
{
    /// <summary>Widest field and most digits that are written.</summary>
    public const int Largest = 10_000;

    /// <summary>Digits of an integer's size in base 2, 8, 10 or 16, in lower case.</summary>
    public static string Digits(BigInteger size, int radix)
    {
        if (radix == 10) return size.ToString(CultureInfo.InvariantCulture);
        if (size.IsZero) return "0";
        var digits = new StringBuilder();
        for (; !size.IsZero; size /= radix) digits.Insert(0, "0123456789abcdef"[(int)(size % radix)]);
        return digits.ToString();
    }

    /// <summary>A float's size as e, f or g writes it, without a sign.</summary>
    /// <param name="value">Not negative.</param>
    /// <param name="kind">e, f, g or their upper cases.</param>
    /// <param name="precision">Digits after the point; of g, all.</param>
    /// <param name="alternate">Whether to keep the point and g's zeros at the end.</param>
    public static string Float(double value, char kind, int precision, bool alternate)
    {
        if (!double.IsFinite(value)) return char.IsUpper(kind) ? double.IsNaN(value) ? "NAN" : "INF" : double.IsNaN(value) ? "nan" : "inf";
        var text = char.ToLowerInvariant(kind) switch
        {
            'f' => Fixed(value, precision),
            'e' => Exponential(value, precision),
            _ => General(value, Math.Max(1, precision), alternate),
        };
        if (alternate && !text.Contains('.', StringComparison.Ordinal))
        {
            var mark = text.IndexOf('e', StringComparison.Ordinal);
            text = mark < 0 ? $"{text}." : text.Insert(mark, ".");
        }

        return char.IsUpper(kind) ? text.ToUpperInvariant() : text;
    }

    /// <summary>Digits and exponent of a float, rounded to so many digits.</summary>
    public static (string Digits, int Exponent) Scientific(double value, int count)
    {
        if (value == 0) return (new string('0', count), 0);
        var exponent = (int)Math.Floor(Math.Log10(value));
        while (true)
        {
            var digits = FloatText.Scaled(value, count - 1 - exponent).ToString(CultureInfo.InvariantCulture);
            if (digits.Length == count) return (digits, exponent);

            // The logarithm was off by one, or 9.99 was rounded to 10.0.
            exponent += digits.Length > count ? 1 : -1;
        }
    }

    private static string Fixed(double value, int precision)
    {
        var digits = FloatText.Scaled(value, precision).ToString(CultureInfo.InvariantCulture).PadLeft(precision + 1, '0');
        return precision == 0 ? digits : $"{digits[..^precision]}.{digits[^precision..]}";
    }

    private static string Exponential(double value, int precision)
    {
        var (digits, exponent) = Scientific(value, precision + 1);
        return FloatText.Exponential(digits, exponent);
    }

    private static string General(double value, int precision, bool alternate)
    {
        var (digits, exponent) = Scientific(value, precision);
        if (!alternate) digits = digits.TrimEnd('0') is { Length: > 0 } trimmed ? trimmed : "0";
        if (exponent < -4 || exponent >= precision) return FloatText.Exponential(digits, exponent);
        if (exponent < 0) return $"0.{new string('0', -exponent - 1)}{digits}";
        var whole = digits.PadRight(exponent + 1, '0');
        return whole.Length == exponent + 1 ? whole : $"{whole[..(exponent + 1)]}.{whole[(exponent + 1)..]}";
    }
}
