using System.Globalization;
using System.Numerics;

namespace LisaOrleans.Data.Jinja;

/// <summary>Floats as Python writes, rounds and reads them.</summary>
internal static class FloatText
{
    /// <summary>repr(): the shortest digits that read back as the same number.</summary>
    public static string Repr(double value)
    {
        if (!double.IsFinite(value)) return double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        var sign = double.IsNegative(value) ? "-" : "";
        if (value == 0) return $"{sign}0.0";
        var (digits, exponent) = Digits(value.ToString("R", CultureInfo.InvariantCulture));
        return sign + (exponent is >= -4 and < 16 ? Fixed(digits, exponent) : Exponential(digits, exponent));
    }

    /// <summary>The value times a power of ten, rounded to an integer exactly, halves to even.</summary>
    public static BigInteger Scaled(double value, int digits)
    {
        var (mantissa, exponent) = Exact(value);
        var (numerator, denominator) = (mantissa, BigInteger.One);
        if (exponent > 0) numerator <<= exponent;
        else denominator <<= -exponent;
        if (digits > 0) numerator *= BigInteger.Pow(10, digits);
        else denominator *= BigInteger.Pow(10, -digits);
        return RoundedQuotient(numerator, denominator);
    }

    /// <summary>round(value, digits).</summary>
    public static double Round(double value, int digits)
    {
        // Beyond this nothing is left to round away, or nothing is left.
        if (!double.IsFinite(value) || digits > 330) return value;
        if (digits < -330) return Math.CopySign(0, value);
        var scaled = Scaled(value, digits);
        return Math.CopySign(double.Parse($"{BigInteger.Abs(scaled)}E{-digits}", CultureInfo.InvariantCulture), value);
    }

    /// <summary>A quotient, halves to even.</summary>
    public static BigInteger RoundedQuotient(BigInteger numerator, BigInteger denominator)
    {
        var quotient = BigInteger.DivRem(BigInteger.Abs(numerator), denominator, out var rest);
        var twice = (rest * 2).CompareTo(denominator);
        if (twice > 0 || (twice == 0 && !quotient.IsEven)) quotient++;
        return numerator.Sign < 0 ? -quotient : quotient;
    }

    /// <summary>float(text); null where Python refuses it.</summary>
    public static double? Parse(string text)
    {
        var trimmed = PythonText.Strip(text);
        if (!PythonText.RemoveUnderscores(trimmed, out var digits)) return null;
        var unsigned = digits.TrimStart('+', '-').ToLowerInvariant();
        if (digits.Length - unsigned.Length > 1) return null;
        double? special = unsigned switch { "inf" or "infinity" => double.PositiveInfinity, "nan" => double.NaN, _ => null };
        if (special is { } s) return digits[0] == '-' ? -s : s;
        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return double.TryParse(digits, Style, CultureInfo.InvariantCulture, out var value) ? value : null;
    }

    /// <summary>Digits and exponent as in d.ddde±xx, the exponent with at least two digits.</summary>
    public static string Exponential(string digits, int exponent) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{digits[0]}{(digits.Length > 1 ? "." : "")}{digits[1..]}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");

    private static string Fixed(string digits, int exponent)
    {
        if (exponent < 0) return $"0.{new string('0', -exponent - 1)}{digits}";
        var whole = digits.PadRight(exponent + 1, '0');
        return exponent + 1 == whole.Length ? $"{whole}.0" : $"{whole[..(exponent + 1)]}.{whole[(exponent + 1)..]}";
    }

    // "1.25E-07", "-0.001" or "120" as digits without zeros around them and the power of ten of the first.
    private static (string Digits, int Exponent) Digits(string text)
    {
        var mark = text.IndexOf('E', StringComparison.Ordinal);
        var exponent = mark < 0 ? 0 : int.Parse(text.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var number = (mark < 0 ? text : text[..mark]).TrimStart('-');
        var point = number.IndexOf('.', StringComparison.Ordinal);
        if (point < 0) point = number.Length;
        var all = number.Replace(".", "", StringComparison.Ordinal);
        var zeros = all.Length - all.TrimStart('0').Length;
        return (all[zeros..].TrimEnd('0') is { Length: > 0 } digits ? digits : "0", exponent + point - 1 - zeros);
    }

    private static (BigInteger Mantissa, int Exponent) Exact(double value)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)((bits >> 52) & 0x7FF);
        var mantissa = bits & 0xFFFFFFFFFFFFF;
        if (exponent == 0) exponent++;
        else mantissa |= 1L << 52;
        return (bits < 0 ? -mantissa : mantissa, exponent - 1075);
    }
}
