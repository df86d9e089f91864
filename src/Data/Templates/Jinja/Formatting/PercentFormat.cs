using System.Numerics;
using System.Text;

namespace LisaOrleans.Data.Jinja;

/// <summary>Python's <c>text % values</c>.</summary>
internal sealed class PercentFormat
{
    private readonly RenderState _state;
    private readonly string _format;
    private readonly JinjaValue _value;
    private readonly IReadOnlyList<JinjaValue> _values;
    private int _at;
    private int _used;

    private PercentFormat(RenderState state, string format, JinjaValue value)
    {
        (_state, _format, _value) = (state, format, value);
        _values = value is ListValue { IsTuple: true } tuple ? tuple.Elements : [value];
    }

    public static TextValue Apply(RenderState state, TextValue format, JinjaValue value) =>
        format.IsMarkup ? throw state.Error("'%' on a Markup is not supported") : state.Text(new PercentFormat(state, format.Text, value).Run());

    private string Run()
    {
        var output = new StringBuilder();
        while (_at < _format.Length)
        {
            var next = _format.IndexOf('%', _at);
            if (next < 0) next = _format.Length;
            output.Append(_format, _at, next - _at);
            _at = next + 1;
            if (next < _format.Length) output.Append(Field());
            _state.CheckLength(output.Length);
        }

        var isMapping = _value is DictValue or ListValue { IsTuple: false } or RangeValue or UndefinedValue;
        return _used < _values.Count && !isMapping
            ? throw _state.Error("'%' is given more values than its format has places")
            : output.ToString();
    }

    private string Field()
    {
        var named = Take('(') ? Named() : null;
        var flags = Flags();
        var left = flags.Contains('-', StringComparison.Ordinal);
        var width = Size();
        if (width < 0) (left, width) = (true, -width);
        var precision = Take('.') ? Math.Max(0, Size()) : -1;
        while (Take('l') || Take('h') || Take('L'))
        {
            // C's sizes mean nothing in Python.
        }

        if (_at >= _format.Length) throw _state.Error("a '%' format ends in the middle of a place");
        var kind = _format[_at++];
        if (kind == '%') return "%";
        var value = named ?? Next();
        var (sign, body) = Convert(kind, value, precision, flags);
        var zeros = flags.Contains('0', StringComparison.Ordinal) && !left && kind is not ('s' or 'r' or 'a' or 'c');
        var missing = Math.Max(0, width - CodePoints.Count(sign) - CodePoints.Count(body));
        _state.SpendText(missing + body.Length);
        return left ? sign + body + new string(' ', missing)
            : zeros ? sign + new string('0', missing) + body
            : new string(' ', missing) + sign + body;
    }

    private (string Sign, string Body) Convert(char kind, JinjaValue value, int precision, string flags)
    {
        switch (kind)
        {
            case 's' or 'r':
                var text = kind == 's' ? Printer.Str(_state, value) : Printer.Repr(_state, value);
                return ("", precision < 0 ? text : new TextValue(text).Slice(0, Math.Min(precision, CodePoints.Count(text))));
            case 'c' when value is TextValue { Length: 1 } character:
                return ("", character.Text);
            case 'c' when Numbers.IsInteger(value, out var code) && code >= 0 && code < 0x110000 && Rune.IsValid((int)code):
                return ("", new Rune((int)code).ToString());
            case 'd' or 'i' or 'u' when value is FloatValue f && double.IsFinite(f.Value):
                return Integer(new BigInteger(f.Value), 10, precision, flags, kind);
            case 'd' or 'i' or 'u' or 'x' or 'X' or 'o' when Numbers.IsInteger(value, out var integer):
                return Integer(integer, kind switch { 'o' => 8, 'x' or 'X' => 16, _ => 10 }, precision, flags, kind);
            case 'e' or 'E' or 'f' or 'F' or 'g' or 'G' when Numbers.IsNumber(value):
                var number = Numbers.ToDouble(value);
                var digits = NumberFormat.Float(Math.Abs(number), kind, precision < 0 ? 6 : precision, flags.Contains('#', StringComparison.Ordinal));
                return (Sign(double.IsNegative(number) && !double.IsNaN(number), flags), digits);
            default:
                throw _state.Error($"'%{kind}' cannot format '{value.TypeName}'");
        }
    }

    private static (string Sign, string Body) Integer(BigInteger value, int radix, int precision, string flags, char kind)
    {
        var digits = NumberFormat.Digits(BigInteger.Abs(value), radix).PadLeft(Math.Max(precision, 0), '0');
        if (kind == 'X') digits = digits.ToUpperInvariant();
        var prefix = flags.Contains('#', StringComparison.Ordinal) && radix != 10 ? $"0{kind}" : "";
        return (Sign(value.Sign < 0, flags) + prefix, digits);
    }

    private static string Sign(bool negative, string flags) => negative ? "-"
        : flags.Contains('+', StringComparison.Ordinal) ? "+" : flags.Contains(' ', StringComparison.Ordinal) ? " " : "";

    private JinjaValue Named()
    {
        var depth = 1;
        var start = _at;
        for (; _at < _format.Length && depth > 0; _at++) depth += _format[_at] switch { '(' => 1, ')' => -1, _ => 0 };
        if (depth > 0) throw _state.Error("a '%' format has a name without an end");
        if (_value is not DictValue dict) throw _state.Error("'%' needs a dict for a format with names");
        var name = _format[start..(_at - 1)];
        return dict.Find(new TextValue(name)) ?? throw _state.Error($"'%' is given no '{name}'");
    }

    private string Flags()
    {
        var start = _at;
        while (_at < _format.Length && _format[_at] is '-' or '+' or ' ' or '#' or '0') _at++;
        return _format[start.._at];
    }

    private int Size()
    {
        if (Take('*')) return Limit(Numbers.ToLong(_state, Next(), "'%' format's '*'"));
        var size = 0L;
        for (; _at < _format.Length && char.IsAsciiDigit(_format[_at]); _at++) size = Math.Min((size * 10) + _format[_at] - '0', int.MaxValue);
        return Limit(size);
    }

    private int Limit(long size) => Math.Abs(size) <= NumberFormat.Largest ? (int)size
        : throw _state.Error($"a format's width or precision is above {NumberFormat.Largest}");

    private JinjaValue Next() => _used < _values.Count
        ? _values[_used++]
        : throw _state.Error("'%' is given fewer values than its format has places");

    private bool Take(char wanted)
    {
        if (_at >= _format.Length || _format[_at] != wanted) return false;
        _at++;
        return true;
    }
}
