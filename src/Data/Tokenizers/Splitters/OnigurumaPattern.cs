using System.Globalization;
using System.Text;

namespace LisaOrleans.Data;

/// <summary>
/// Writes a regular expression of Oniguruma's Ruby syntax, which Hugging Face's tokenizers use, as one of .NET that matches
/// the same; what has no counterpart is refused. Source: Oniguruma's doc/RE.
/// </summary>
internal sealed class OnigurumaPattern
{
    // What \w matches in Oniguruma; .NET's has fewer marks and numbers.
    private const string WordCharacters = @"\p{L}\p{M}\p{N}\p{Pc}";
    private const string InWord = $"(?<=[{WordCharacters}])";
    private const string NotInWord = $"(?<![{WordCharacters}])";
    private const string BeforeWord = $"(?=[{WordCharacters}])";
    private const string NotBeforeWord = $"(?![{WordCharacters}])";
    private const string HexDigits = "0-9a-fA-F";
    private const int MostGroups = 100;
    private const int LongestExpression = 10_000;

    private readonly string _source;
    private readonly StringBuilder _result = new();
    private readonly Stack<(int At, bool IgnoreCase, int Implied)> _groups = new();

    // Groups opened here that close together with the group around them.
    private int _implied;
    private bool _ignoreCase;
    private int _at;
    private int _atom;

    private OnigurumaPattern(string source) => _source = source;

    /// <exception cref="ArgumentException">It holds what cannot be written so that .NET matches the same.</exception>
    public static string Translate(string expression) => expression.Length <= LongestExpression
        ? new OnigurumaPattern(expression).Translate()
        : throw Unsupported($"one of more than {LongestExpression} characters");

    private string Translate()
    {
        while (_at < _source.Length)
        {
            var c = _source[_at];
            if (c is '*' or '+' or '?' or '{') Quantifier();
            else if (c == '(') Open();
            else if (c == ')') Close();
            else Atom(c);
        }

        return _result.Append(')', _implied).ToString();
    }

    private void Atom(char c)
    {
        _atom = _result.Length;
        if (char.IsSurrogate(c)) throw Unsupported("a character beyond U+FFFF");
        if (c == '[') Class();
        else if (c == '\\') Escape(false);
        else _result.Append(c switch { '^' => "(?m:^)", '$' => "(?m:$)", _ => Letter(c) });
        if (c is not ('[' or '\\')) _at++;
    }

    private void Quantifier()
    {
        var c = _source[_at];
        var end = c == '{' ? _source.IndexOf('}', _at) : _at;
        if (c == '{' && (end < 0 || !_source.AsSpan(_at + 1, end - _at - 1).ContainsAnyInRange('0', '9')))
        {
            // A brace that is not a quantifier stands for itself.
            _atom = _result.Length;
            _result.Append(@"\{");
            _at++;
            return;
        }

        var text = _source[_at..(end + 1)];
        if (text.StartsWith("{,", StringComparison.Ordinal)) text = "{0" + text[1..];
        _result.Append(text);
        _at = end + 1;
        if (_at < _source.Length && _source[_at] == '?') _result.Append(_source[_at++]);
        else if (_at < _source.Length && _source[_at] == '+' && c != '{') Possessive();
        else if (_at < _source.Length && _source[_at] == '+') Group();
    }

    // .NET has no quantifiers that never give back; a group that doesn't is the same.
    private void Possessive()
    {
        _result.Insert(_atom, "(?>").Append(')');
        _at++;
    }

    // After a count, + is a quantifier of its own; .NET does not take two in a row.
    private void Group() => _result.Insert(_atom, "(?:").Append(')');

    private void Open()
    {
        if (_groups.Count == MostGroups) throw Unsupported($"more than {MostGroups} groups within each other");
        var end = _at + 1;
        if (end < _source.Length && _source[end] == '?')
        {
            while (end < _source.Length && _source[end] is not (':' or '=' or '!' or '>' or ')')) end++;
            if (end == _source.Length) throw Unsupported("a group without an end");
            var options = _source[(_at + 2)..end];
            if (options.AsSpan().ContainsAnyExcept("imx-<")) throw Unsupported($"the group '(?{options}'");
            var alone = _source[end] == ')';
            if (alone && options.Length == 0) throw Unsupported("the group '(?)'");
            if (!alone) Push();
            if (options.Contains('i') && !options.Contains('-')) _ignoreCase = true;

            // An option by itself holds until the end of the group that it is in, across alternatives, too.
            if (alone) _implied++;
            _result.Append("(?").Append(options.Replace('m', 's')).Append(alone ? ':' : _source[end]);
            _at = end + 1;
            return;
        }

        Push();

        // Nothing uses what a group has matched.
        _result.Append("(?:");
        _at++;
    }

    private void Push()
    {
        _groups.Push((_result.Length, _ignoreCase, _implied));
        _implied = 0;
    }

    private void Close()
    {
        if (!_groups.TryPop(out var group)) throw Unsupported("')' without '('");
        _result.Append(')', _implied + 1);
        (_atom, _ignoreCase, _implied) = group;
        _at++;
    }

    private void Class()
    {
        var start = _at++;
        _result.Append('[');
        if (_at < _source.Length && _source[_at] == '^') _result.Append(_source[_at++]);
        for (var first = true; ; first = false)
        {
            if (_at == _source.Length) throw Unsupported($"the class at {start}, which has no end");
            var c = _source[_at];
            if (c == ']' && !first) break;
            if (c == '[') throw Unsupported("a class within a class");
            if (_source.AsSpan(_at).StartsWith("&&", StringComparison.Ordinal))
                throw Unsupported("the intersection of classes (&&)");
            if (char.IsSurrogate(c)) throw Unsupported("a character beyond U+FFFF");
            if (c == '\\') Escape(true);
            else
            {
                _result.Append(c is ']' or '^' ? $"\\{c}" : c.ToString());
                if (_ignoreCase && c is ('s' or 'S')) _result.Append('ſ');
                _at++;
            }
        }

        _result.Append(']');
        _at++;
    }

    private void Escape(bool inClass)
    {
        if (++_at == _source.Length) throw Unsupported(@"a \ at the end");
        var c = _source[_at++];
        switch (c)
        {
            case 'w':
                _result.Append(inClass ? WordCharacters : $"[{WordCharacters}]");
                break;
            case 'h':
                _result.Append(inClass ? HexDigits : $"[{HexDigits}]");
                break;
            case 'W' or 'H' when !inClass:
                _result.Append(c == 'W' ? $"[^{WordCharacters}]" : $"[^{HexDigits}]");
                break;
            case 'p' or 'P':
                Property(c);
                break;
            case 'x' when _at < _source.Length && _source[_at] == '{':
                CodePoint();
                break;
            case 'b' or 'B' when !inClass:
                _result.Append(c == 'b'
                    ? $"(?:{InWord}{NotBeforeWord}|{NotInWord}{BeforeWord})"
                    : $"(?:{InWord}{BeforeWord}|{NotInWord}{NotBeforeWord})");
                break;
            case 'n' or 'r' or 't' or 'f' or 'v' or 'a' or 'e' or 's' or 'S' or 'd' or 'D' or 'x' or 'u' or '0':
            case 'A' or 'z' or 'Z' when !inClass:
                _result.Append('\\').Append(c);
                break;
            case var _ when char.IsAsciiLetterOrDigit(c) || char.IsSurrogate(c):
                throw Unsupported($@"\{c}");
            default:
                _result.Append(char.IsAscii(c) ? $"\\{c}" : c.ToString());
                break;
        }
    }

    private void Property(char c)
    {
        var end = _source.IndexOf('}', _at);
        if (_at == _source.Length || _source[_at] != '{' || end < 0) throw Unsupported($@"\{c} without {{name}}");
        var name = _source[(_at + 1)..end];
        var negated = name.StartsWith('^');
        if (negated) (name, c) = (name[1..], c == 'p' ? 'P' : 'p');
        _result.Append('\\').Append(c).Append('{').Append(name).Append('}');
        _at = end + 1;
    }

    private void CodePoint()
    {
        var end = _source.IndexOf('}', _at);
        var digits = end < 0 ? default : _source.AsSpan(_at + 1, end - _at - 1);
        if (!ushort.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
            throw Unsupported(@"\x{} of a character beyond U+FFFF");
        _result.Append(CultureInfo.InvariantCulture, $"\\u{code:X4}");
        _at = end + 1;
    }

    // Of Unicode's foldings .NET knows all but the long s's.
    private string Letter(char c) => _ignoreCase && c is ('s' or 'S') ? "[sSſ]" : c.ToString();

    private static ArgumentException Unsupported(string what) => new($"{what} is not supported");
}
