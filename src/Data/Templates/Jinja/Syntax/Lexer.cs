using System.Text.RegularExpressions;

namespace LisaOrleans.Data.Jinja;

/// <summary>
/// Cuts a template into tokens, with Jinja's rules for white space under trim_blocks and lstrip_blocks: a tag swallows the
/// line end after it, and the white space before it if it stands first on its line.
/// </summary>
internal sealed partial class Lexer
{
    // Far above any template: the largest known ones have some 20,000 characters.
    private const int LongestTemplate = 1 << 20;

    private readonly string _source;
    private readonly List<Token> _tokens = [];
    private int _at;
    private int _line = 1;
    private bool _lineStarts = true;

    private Lexer(string source)
    {
        if (source.Length > LongestTemplate) throw new JinjaException($"a template has at most {LongestTemplate} characters", 0);

        // Jinja makes all line ends alike, and drops the last.
        source = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        _source = source.EndsWith('\n') ? source[..^1] : source;
    }

    public static IReadOnlyList<Token> Read(string source)
    {
        var lexer = new Lexer(source);
        while (lexer._at < lexer._source.Length) lexer.ReadNext();
        lexer._tokens.Add(new Token(TokenKind.End, "", lexer._line));
        return lexer._tokens;
    }

    private void ReadNext()
    {
        var begin = FindTag(_at);
        if (begin < 0)
        {
            Add(TokenKind.Data, _source[_at..]);
            _at = _source.Length;
            return;
        }

        var raw = RawBegin().Match(_source, begin);
        var kind = _source[begin + 1];
        var sign = begin + 2 < _source.Length && _source[begin + 2] is '-' or '+' ? _source[begin + 2] : '\0';
        AddData(begin, sign, isVariable: kind == '{');
        if (raw.Success)
        {
            Skip(raw.Length);
            ReadRaw();
            return;
        }

        Skip(sign == '\0' ? 2 : 3);
        if (kind == '#')
        {
            var end = CommentEnd().Match(_source, _at);
            if (!end.Success) throw Error("a comment has no end");
            Skip(end.Index + end.Length - _at);
            return;
        }

        Add(kind == '{' ? TokenKind.VariableBegin : TokenKind.BlockBegin, kind == '{' ? "{{" : "{%");
        ReadExpression(kind == '{' ? VariableEnd() : BlockEnd(), kind == '{' ? TokenKind.VariableEnd : TokenKind.BlockEnd);
    }

    // The text up to a tag, without the white space that the tag swallows.
    private void AddData(int end, char sign, bool isVariable)
    {
        var text = _source[_at..end];
        if (sign == '-')
        {
            text = PythonText.StripEnd(text);
        }
        else if (sign != '+' && !isVariable)
        {
            var line = text.LastIndexOf('\n') + 1;
            if ((line > 0 || _lineStarts) && line < text.Length && text.AsSpan(line).IndexOfAnyExcept(s_space) < 0) text = text[..line];
        }

        if (text.Length > 0) Add(TokenKind.Data, text);
        Skip(end - _at);
    }

    private void ReadRaw()
    {
        var end = RawEnd().Match(_source, _at);
        if (!end.Success) throw Error("a raw block has no end");
        AddData(end.Index, end.Groups["sign"].Value is { Length: > 0 } s ? s[0] : '\0', isVariable: false);
        Skip(end.Length);
    }

    private void ReadExpression(Regex end, TokenKind endKind)
    {
        var open = new Stack<char>();
        while (_at < _source.Length)
        {
            if (open.Count == 0 && end.Match(_source, _at) is { Success: true } closed)
            {
                Add(endKind, closed.Value.Trim());
                Skip(closed.Length);
                return;
            }

            var token = TokenPattern().Match(_source, _at);
            if (!token.Success) throw Error($"unexpected character '{_source.AsSpan(_at, CodePoints.Width(_source, _at))}'");
            if (token.Groups["float"].Success) Add(TokenKind.Float, token.Value);
            else if (token.Groups["integer"].Success) Add(TokenKind.Integer, token.Value);
            else if (token.Groups["name"].Success) Add(TokenKind.Name, string.Intern(token.Value));
            else if (token.Groups["string"].Success) Add(TokenKind.String, StringLiteral.Read(token.Value[1..^1], _line));
            else if (token.Groups["operator"].Success) AddOperator(token.Value, open);
            Skip(token.Length);
        }

        throw Error("the template ends inside a tag");
    }

    private void AddOperator(string sign, Stack<char> open)
    {
        switch (sign)
        {
            case "(": open.Push(')'); break;
            case "[": open.Push(']'); break;
            case "{": open.Push('}'); break;
            case ")" or "]" or "}":
                if (open.Count == 0) throw Error($"'{sign}' closes nothing");
                if (open.Pop() is var expected && expected != sign[0]) throw Error($"'{sign}' stands where '{expected}' is expected");
                break;
        }

        Add(TokenKind.Operator, sign);
    }

    private int FindTag(int from)
    {
        for (var at = _source.IndexOf('{', from); at >= 0 && at + 1 < _source.Length; at = _source.IndexOf('{', at + 1))
            if (_source[at + 1] is '{' or '%' or '#') return at;
        return -1;
    }

    private void Add(TokenKind kind, string text) => _tokens.Add(new Token(kind, text, _line));

    private void Skip(int length)
    {
        if (length == 0) return;
        _line += _source.AsSpan(_at, length).Count('\n');
        _at += length;
        _lineStarts = _source[_at - 1] == '\n';
    }

    private JinjaException Error(string problem) => new(problem, _line);

    private static readonly System.Buffers.SearchValues<char> s_space =
        System.Buffers.SearchValues.Create([.. Enumerable.Range(0, 0x10000).Select(c => (char)c).Where(PythonText.IsSpace)]);

    // \s of .NET lacks the four separators of ASCII that Python's has; no template has them.
    [GeneratedRegex(@"\G\{%[-+]?\s*raw\s*(?:-%\}\s*|%\})", RegexOptions.CultureInvariant)]
    private static partial Regex RawBegin();

    [GeneratedRegex(@"\{%(?<sign>[-+]?)\s*endraw\s*(?:\+%\}|-%\}\s*|%\}\n?)", RegexOptions.CultureInvariant)]
    private static partial Regex RawEnd();

    [GeneratedRegex(@"\+#\}|-#\}\s*|#\}\n?", RegexOptions.CultureInvariant)]
    private static partial Regex CommentEnd();

    [GeneratedRegex(@"\G(?:\+%\}|-%\}\s*|%\}\n?)", RegexOptions.CultureInvariant)]
    private static partial Regex BlockEnd();

    [GeneratedRegex(@"\G(?:-\}\}\s*|\}\})", RegexOptions.CultureInvariant)]
    private static partial Regex VariableEnd();

    [GeneratedRegex(
        """
        \G(?:
          \s+
          | (?<float> (?<!\.) (?:[0-9]+_)*[0-9]+ (?: (?:\.(?:[0-9]+_)*[0-9]+)? [eE][+-]?(?:[0-9]+_)*[0-9]+ | \.(?:[0-9]+_)*[0-9]+ ) )
          | (?<integer> 0[bB](?:_?[01])+ | 0[oO](?:_?[0-7])+ | 0[xX](?:_?[0-9a-fA-F])+ | [1-9](?:_?[0-9])* | 0(?:_?0)* )
          | (?<name> [\p{L}\p{Nl}_][\w]* )
          | (?<string> '[^'\\]*(?:\\[\s\S][^'\\]*)*' | "[^"\\]*(?:\\[\s\S][^"\\]*)*" )
          | (?<operator> \*\*|//|==|!=|>=|<=|[-+/*%~()\[\]{}<>=.:|,;] )
        )
        """,
        RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex TokenPattern();
}
