namespace LisaOrleans.Data.Jinja;

/// <summary>Parses a template into statements. What is not supported is refused here, with its line.</summary>
internal sealed partial class Parser
{
    private const int DeepestNesting = 50;

    private static readonly Dictionary<string, string> s_refused = new()
    {
        ["autoescape"] = "escaping by blocks",
        ["block"] = "template inheritance",
        ["debug"] = "debug output",
        ["do"] = "the do extension",
        ["extends"] = "template inheritance",
        ["from"] = "other templates",
        ["import"] = "other templates",
        ["include"] = "other templates",
        ["trans"] = "translation",
    };

    private readonly IReadOnlyList<Token> _tokens;
    private readonly Stack<HashSet<string>> _uses = new();
    private int _at;
    private int _nesting;
    private int _loops;

    private Parser(IReadOnlyList<Token> tokens) => _tokens = tokens;

    /// <summary>Whether a <c>{% generation %}</c> is in it.</summary>
    private bool MarksGeneration { get; set; }

    private Token Current => _tokens[_at];

    /// <summary>Reads a template: its statements, all names in it (interned), and whether it marks what the model says.</summary>
    public static (IReadOnlyList<Statement> Body, HashSet<string> Names, bool MarksGeneration) Parse(string source)
    {
        var parser = new Parser(Lexer.Read(source));
        var body = parser.ParseBody();
        return parser.Current.Kind == TokenKind.End
            ? (body, [.. parser._tokens.Where(t => t.Kind == TokenKind.Name).Select(t => t.Text)], parser.MarksGeneration)
            : throw parser.Error($"the tag '{parser.Peek().Text}' closes nothing");
    }

    // Statements up to a tag that ends or divides the block around them.
    private List<Statement> ParseBody(params ReadOnlySpan<string> ends)
    {
        if (++_nesting > DeepestNesting) throw Error($"blocks are nested more than {DeepestNesting} deep");
        var body = new List<Statement>();
        while (Current.Kind != TokenKind.End)
        {
            var line = Current.Line;
            if (Current.Kind == TokenKind.Data)
            {
                body.Add(new DataStatement(line, Next().Text));
            }
            else if (Current.Kind == TokenKind.VariableBegin)
            {
                Next();
                body.Add(new OutputStatement(line, ParseTuple()));
                Expect(TokenKind.VariableEnd);
            }
            else
            {
                if (Peek().Kind == TokenKind.Name && (ends.Contains(Peek().Text) || Peek().Text.StartsWith("end", StringComparison.Ordinal))) break;
                Next();
                body.Add(ParseStatement());
            }
        }

        _nesting--;
        return body;
    }

    // The body of a block with one end, which is read too.
    private List<Statement> ParseBlock(string end)
    {
        Expect(TokenKind.BlockEnd);
        var body = ParseBody();
        ExpectEnd(end);
        return body;
    }

    // In Python, break cannot leave a function: so here it cannot leave what is a function in Python.
    private List<Statement> ParseFunctionBlock(string end)
    {
        var loops = _loops;
        _loops = 0;
        var body = ParseBlock(end);
        _loops = loops;
        return body;
    }

    private void ExpectEnd(string end)
    {
        if (Current.Kind == TokenKind.End) throw Error($"'{end}' is missing");
        Expect(TokenKind.BlockBegin);
        if (Current.Kind != TokenKind.Name || Current.Text != end) throw Error($"{Current.Described} stands where '{end}' is expected");
        Next();
        Expect(TokenKind.BlockEnd);
    }

    private Token Peek(int ahead = 1) => _tokens[Math.Min(_at + ahead, _tokens.Count - 1)];

    private Token Next() => Current.Kind == TokenKind.End ? Current : _tokens[_at++];

    private bool IsOperator(string sign) => Current.Kind == TokenKind.Operator && Current.Text == sign;

    private bool IsName(string name) => Current.Kind == TokenKind.Name && Current.Text == name;

    private bool Skip(string sign)
    {
        if (!IsOperator(sign)) return false;
        Next();
        return true;
    }

    private bool SkipName(string name)
    {
        if (!IsName(name)) return false;
        Next();
        return true;
    }

    private Token Expect(TokenKind kind) => Current.Kind == kind
        ? Next()
        : throw Error($"unexpected {Current.Described}{(kind == TokenKind.Name ? " where a name is expected" : "")}");

    private void Expect(string sign)
    {
        if (!Skip(sign)) throw Error($"unexpected {Current.Described} where '{sign}' is expected");
    }

    private void ExpectName(string name)
    {
        if (!SkipName(name)) throw Error($"unexpected {Current.Described} where '{name}' is expected");
    }

    private JinjaException Error(string problem) => new(problem, Current.Line);
}
