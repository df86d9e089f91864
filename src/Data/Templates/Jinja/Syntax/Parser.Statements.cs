namespace LisaOrleans.Data.Jinja;

/// <content>Statements.</content>
internal sealed partial class Parser
{
    private static readonly string[] s_constants = ["true", "false", "none", "True", "False", "None"];

    private Statement ParseStatement()
    {
        var tag = Expect(TokenKind.Name);
        switch (tag.Text)
        {
            case "if": return ParseIf(tag.Line);
            case "for": return ParseFor(tag.Line);
            case "set": return ParseSet(tag.Line);
            case "macro": return ParseMacro(tag.Line);
            case "call": return ParseCallBlock(tag.Line);
            case "filter": return ParseFilterBlock(tag.Line);
            case "with": return ParseWith(tag.Line);
            case "break" or "continue": return ParseJump(tag);
            case "generation":
                MarksGeneration = true;
                return new GenerationStatement(tag.Line, ParseFunctionBlock("endgeneration"));
            case "print":
                var printed = new OutputStatement(tag.Line, ParseTuple());
                Expect(TokenKind.BlockEnd);
                return printed;
            default:
                throw new JinjaException(
                    s_refused.TryGetValue(tag.Text, out var what)
                        ? $"the tag '{tag.Text}' is not supported: {what}"
                        : $"the tag '{tag.Text}' is unknown",
                    tag.Line);
        }
    }

    private IfStatement ParseIf(int line)
    {
        var branches = new List<(Expression?, IReadOnlyList<Statement>)>();
        while (true)
        {
            var test = ParseTuple(withConditional: false);
            Expect(TokenKind.BlockEnd);
            branches.Add((test, ParseBody("elif", "else")));
            if (Current.Kind == TokenKind.BlockBegin && Peek().Text == "elif")
            {
                Next();
                Next();
                continue;
            }

            if (ParseElse() is { } otherwise) branches.Add((null, otherwise));
            ExpectEnd("endif");
            return new IfStatement(line, branches);
        }
    }

    private List<Statement>? ParseElse()
    {
        if (Current.Kind != TokenKind.BlockBegin || Peek().Text != "else") return null;
        Next();
        Next();
        Expect(TokenKind.BlockEnd);
        return ParseBody();
    }

    private ForStatement ParseFor(int line)
    {
        var target = ParseTarget("in");
        ExpectName("in");
        var items = ParseTuple(withConditional: false, end: "recursive");
        var test = SkipName("if") ? ParseExpression() : null;
        var recursive = SkipName("recursive");
        Expect(TokenKind.BlockEnd);
        _loops++;
        var body = ParseBody("else");
        _loops--;
        var otherwise = ParseElse() ?? [];
        ExpectEnd("endfor");
        return new ForStatement(line, target, items, test, recursive, body, otherwise);
    }

    private Statement ParseSet(int line)
    {
        var target = ParseTarget(end: null, withNamespace: true);
        if (Skip("="))
        {
            var value = ParseTuple();
            Expect(TokenKind.BlockEnd);
            return new SetStatement(line, target, value);
        }

        var filter = IsOperator("|") ? ParseBlockFilter() : null;
        return new SetBlockStatement(line, target, filter, ParseBlock("endset"));
    }

    private FilterStatement ParseFilterBlock(int line)
    {
        var filter = ParseBlockFilter();
        return new FilterStatement(line, filter, ParseBlock("endfilter"));
    }

    // Filters of a block: they apply to its text, from the first to the last.
    private Func<RenderState, Scope, JinjaValue, JinjaValue> ParseBlockFilter()
    {
        var filters = new List<ApplyExpression>();
        var nothing = new ConstantExpression(Current.Line, NoneValue.Instance);
        do
        {
            Skip("|");
            filters.Add(ParseFilter(nothing));
        }
        while (IsOperator("|"));

        return (state, scope, text) => filters.Aggregate(text, (value, filter) => filter.Apply(state, scope, value));
    }

    private MacroStatement ParseMacro(int line)
    {
        var name = ParseTargetName();
        Expect("(");
        return new MacroStatement(line, name, ParseMacroBody(name, ParseParameters(), "endmacro"));
    }

    private CallStatement ParseCallBlock(int line)
    {
        var parameters = Skip("(") ? ParseParameters() : [];
        if (ParseExpression() is not CallExpression call) throw Error("a call block needs a call");
        return new CallStatement(line, call, ParseMacroBody("caller", parameters, "endcall"));
    }

    private Macro ParseMacroBody(string name, IReadOnlyList<(string Name, Expression? Default)> parameters, string end)
    {
        _uses.Push([]);
        var body = ParseFunctionBlock(end);
        var uses = _uses.Pop();
        if (_uses.TryPeek(out var outer)) outer.UnionWith(uses);
        return new Macro(name, parameters, body, uses);
    }

    private List<(string Name, Expression? Default)> ParseParameters()
    {
        var parameters = new List<(string Name, Expression? Default)>();
        while (!Skip(")"))
        {
            if (parameters.Count > 0) Expect(",");
            var name = ParseTargetName();
            if (parameters.Exists(p => p.Name == name)) throw Error($"there are two parameters '{name}'");
            if (Skip("=")) parameters.Add((name, ParseExpression()));
            else if (parameters.Count > 0 && parameters[^1].Default is not null)
                throw Error("a parameter without a default follows one with a default");
            else parameters.Add((name, null));
        }

        return parameters;
    }

    private WithStatement ParseWith(int line)
    {
        var variables = new List<(Target, Expression)>();
        while (Current.Kind != TokenKind.BlockEnd)
        {
            if (variables.Count > 0) Expect(",");
            var target = ParseTarget(end: null, single: true);
            Expect("=");
            variables.Add((target, ParseExpression()));
        }

        return new WithStatement(line, variables, ParseBlock("endwith"));
    }

    private JumpStatement ParseJump(Token tag)
    {
        if (_loops == 0) throw new JinjaException($"'{tag.Text}' stands outside a loop", tag.Line);
        Expect(TokenKind.BlockEnd);
        return new JumpStatement(tag.Line, tag.Text == "break" ? Flow.Break : Flow.Continue);
    }

    private Target ParseTarget(string? end, bool withNamespace = false, bool single = false)
    {
        if (withNamespace && Current.Kind == TokenKind.Name && Peek() is { Kind: TokenKind.Operator, Text: "." })
        {
            var name = ParseTargetName();
            Expect(".");
            return new NamespaceTarget(name, Expect(TokenKind.Name).Text);
        }

        var targets = new List<Target>();
        do
        {
            // A comma at the end makes a tuple of one.
            if (targets.Count > 0 && ((end is not null && IsName(end)) || IsOperator(")") || IsOperator("="))) return new TupleTarget(targets);
            targets.Add(Skip("(") ? ParseInner() : new NameTarget(ParseTargetName()));
            if (single) return targets[0];
        }
        while (Skip(","));

        return targets.Count == 1 ? targets[0] : new TupleTarget(targets);

        Target ParseInner()
        {
            var inner = ParseTarget(end: null);
            Expect(")");
            return inner;
        }
    }

    private string ParseTargetName()
    {
        var name = Expect(TokenKind.Name);
        return s_constants.Contains(name.Text) ? throw new JinjaException($"'{name.Text}' cannot be assigned", name.Line) : name.Text;
    }
}
