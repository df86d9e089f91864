using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace LisaOrleans.Data.Jinja;

/// <summary>Python's format specification: <c>[[fill]align][sign][#][0][width][grouping][.precision][type]</c>.</summary>
internal static partial class FormatSpecification
{
    public static string Apply(RenderState state, JinjaValue value, string specification)
    {
        if (specification.Length == 0) return Printer.Str(state, value);
        var match = Pattern().Match(specification);
        if (!match.Success) throw state.Error($"'{specification}' is not a format specification");
        var width = Size(state, match.Groups["width"].Value) ?? 0;
        var precision = Size(state, match.Groups["precision"].Value);
        var type = match.Groups["type"].Value is { Length: > 0 } t ? t[0] : '\0';
        var isText = value is TextValue;
        if (!isText && !Numbers.IsNumber(value)) throw state.Error($"'{value.TypeName}' takes no format");
        var (sign, body) = isText ? ("", Text(state, (TextValue)value, type, precision, match)) : Number(state, value, type, precision, match);
        var zero = match.Groups["zero"].Success;
        var align = match.Groups["align"].Value is { Length: > 0 } a ? a[0] : zero && !isText ? '=' : isText ? '<' : '>';
        var fill = match.Groups["fill"].Value is { Length: > 0 } f ? f : zero ? "0" : " ";
        if (isText && align == '=') throw state.Error("'=' aligns numbers only");
        if (align == '=' && fill == "0" && match.Groups["grouping"].Success && width > 0)
            throw state.Error("zeros with a grouping are not supported");
        var missing = Math.Max(0, width - sign.Length - CodePoints.Count(body));
        var left = align switch { '<' => 0, '^' => missing / 2, _ => missing };
        return align == '=' ? sign + Repeat(fill, missing) + body : Repeat(fill, left) + sign + body + Repeat(fill, missing - left);
    }

    private static string Text(RenderState state, TextValue value, char type, int? precision, Match match)
    {
        if (type is not ('\0' or 's') || match.Groups["sign"].Success || match.Groups["grouping"].Success || match.Groups["hash"].Success)
            throw state.Error("a text takes no format of numbers");
        return precision is { } p ? value.Slice(0, Math.Min(p, value.Length)) : value.Text;
    }

    private static (string Sign, string Body) Number(RenderState state, JinjaValue value, char type, int? precision, Match match)
    {
        var alternate = match.Groups["hash"].Success;
        if (Numbers.IsInteger(value, out var integer) && type is '\0' or 'd' or 'b' or 'o' or 'x' or 'X' && value is not FloatValue)
        {
            if (precision is not null) throw state.Error("an integer's format takes no precision");
            if (value is BooleanValue && type == '\0') type = 'd';
            var radix = type switch { 'b' => 2, 'o' => 8, 'x' or 'X' => 16, _ => 10 };
            var digits = NumberFormat.Digits(BigInteger.Abs(integer), radix);
            if (type == 'X') digits = digits.ToUpperInvariant();
            return (Sign(integer.Sign < 0, match) + (alternate && radix != 10 ? $"0{type}" : ""), Group(digits, match, radix == 10 ? 3 : 4));
        }

        if (type is not ('\0' or 'e' or 'E' or 'f' or 'F' or 'g' or 'G' or '%')) throw state.Error($"'{value.TypeName}' takes no format '{type}'");
        var number = Numbers.ToDouble(value);
        var size = Math.Abs(number);
        var text = type switch
        {
            '\0' when precision is null => FloatText.Repr(size),
            '\0' => throw state.Error("a float's format needs a type with its precision"),
            '%' => NumberFormat.Float(size * 100, 'f', precision ?? 6, alternate) + "%",
            _ => NumberFormat.Float(size, type, precision ?? 6, alternate),
        };
        return (Sign(double.IsNegative(number) && !double.IsNaN(number), match), Group(text, match, 3));
    }

    private static string Sign(bool negative, Match match) => negative ? "-"
        : match.Groups["sign"].Value is "+" or " " ? match.Groups["sign"].Value : "";

    private static string Group(string digits, Match match, int size)
    {
        if (!match.Groups["grouping"].Success) return digits;
        var whole = digits.TakeWhile(char.IsAsciiHexDigit).Count();
        if (size == 3) whole = digits.TakeWhile(char.IsAsciiDigit).Count();
        for (var at = whole - size; at > 0; at -= size) digits = digits.Insert(at, match.Groups["grouping"].Value);
        return digits;
    }

    private static string Repeat(string fill, int times) => string.Concat(Enumerable.Repeat(fill, times));

    private static int? Size(RenderState state, string text) => text.Length == 0 ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size <= NumberFormat.Largest ? size
        : throw state.Error($"a format's width or precision is above {NumberFormat.Largest}");

    [GeneratedRegex(
        @"\A(?:(?<fill>[\s\S][\uDC00-\uDFFF]?)?(?<align>[<>=^]))?(?<sign>[-+ ])?(?<hash>#)?(?<zero>0)?"
        + @"(?<width>[0-9]+)?(?<grouping>[,_])?(?:\.(?<precision>[0-9]+))?(?<type>[a-zA-Z%])?\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
