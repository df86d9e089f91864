using System.Globalization;
using System.Numerics;

namespace LisaOrleans.Data.Jinja;

/// <content>What expressions are made of: literals, names, attributes, calls, filters and tests.</content>
internal sealed partial class Parser
{
    private Expression ParsePrimary()
    {
        var token = Next();
        switch (token.Kind)
        {
            case TokenKind.Name:
                return ParseName(token);
            case TokenKind.String:
                var text = token.Text;
                while (Current.Kind == TokenKind.String) text += Next().Text;
                return new ConstantExpression(token.Line, JinjaValue.Of(text));
            case TokenKind.Integer:
                return new ConstantExpression(token.Line, IntegerValue.Of(Integer(token)));
            case TokenKind.Float:
                return new ConstantExpression(
                    token.Line, new FloatValue(double.Parse(token.Text.Replace("_", "", StringComparison.Ordinal), CultureInfo.InvariantCulture)));
            case TokenKind.Operator when token.Text == "(":
                var tuple = ParseTuple(inParentheses: true);
                Expect(")");
                return tuple;
            case TokenKind.Operator when token.Text == "[":
                return new ListExpression(token.Line, ParseItems("]", () => ParseExpression()), isTuple: false);
            case TokenKind.Operator when token.Text == "{":
                return new DictExpression(token.Line, ParseItems("}", () =>
                {
                    var key = ParseExpression();
                    Expect(":");
                    return (key, ParseExpression());
                }));
            default:
                throw new JinjaException($"unexpected {token.Described} where an expression is expected", token.Line);
        }
    }

    private Expression ParseName(Token token)
    {
        if (_uses.TryPeek(out var uses) && token.Text is Macro.Caller or Macro.NamedRest or Macro.PositionalRest) uses!.Add(token.Text);
        return token.Text switch
        {
            "true" or "True" => new ConstantExpression(token.Line, BooleanValue.True),
            "false" or "False" => new ConstantExpression(token.Line, BooleanValue.False),
            "none" or "None" => new ConstantExpression(token.Line, NoneValue.Instance),
            _ => new NameExpression(token.Line, token.Text),
        };
    }

    private List<T> ParseItems<T>(string end, Func<T> parse)
    {
        var items = new List<T>();
        while (!Skip(end))
        {
            if (items.Count > 0)
            {
                Expect(",");
                if (Skip(end)) break;
            }

            items.Add(parse());
        }

        return items;
    }

    private static BigInteger Integer(Token token)
    {
        var digits = token.Text.Replace("_", "", StringComparison.Ordinal);
        if (digits.Length > 4300) throw new JinjaException("an integer has more than 4,300 digits", token.Line);
        var radix = digits.Length < 2 ? 10 : digits[1] switch { 'b' or 'B' => 2, 'o' or 'O' => 8, 'x' or 'X' => 16, _ => 10 };
        return radix == 10
            ? BigInteger.Parse(digits, CultureInfo.InvariantCulture)
            : digits.Skip(2).Aggregate(BigInteger.Zero, (value, digit) => (value * radix) + Convert.ToInt32(digit.ToString(), 16));
    }

    private Expression ParsePostfix(Expression node)
    {
        while (true)
        {
            var line = Current.Line;
            if (Skip(".")) node = ParseMember(node, line);
            else if (Skip("[")) node = ParseSubscript(node, line);
            else if (IsOperator("(")) node = ParseCall(node);
            else return node;
        }
    }

    private Expression ParseMember(Expression node, int line)
    {
        var name = Next();
        return name.Kind switch
        {
            TokenKind.Name => new AttributeExpression(line, node, name.Text),
            TokenKind.Integer => new ItemExpression(line, node, new ConstantExpression(line, IntegerValue.Of(Integer(name)))),
            _ => throw new JinjaException($"unexpected {name.Described} where a name is expected", name.Line),
        };
    }

    private Expression ParseSubscript(Expression node, int line)
    {
        if (Skip("]")) return new ItemExpression(line, node, new ListExpression(line, [], isTuple: true));
        var start = IsOperator(":") ? null : ParseExpression();
        if (start is not null && IsOperator(",")) return new ItemExpression(line, node, ParseIndices(start, line));
        if (start is not null && Skip("]")) return new ItemExpression(line, node, start);
        Expect(":");
        var stop = IsOperator(":") || IsOperator("]") ? null : ParseExpression();
        var step = Skip(":") && !IsOperator("]") ? ParseExpression() : null;
        Expect("]");
        return new SliceExpression(line, node, start, stop, step);
    }

    // Several indices are one, a tuple.
    private ListExpression ParseIndices(Expression first, int line)
    {
        var indices = new List<Expression> { first };
        while (!Skip("]"))
        {
            Expect(",");
            indices.Add(ParseExpression());
        }

        return new ListExpression(line, indices, isTuple: true);
    }

    private CallExpression ParseCall(Expression node)
    {
        var line = Current.Line;
        if (node is NameExpression { Name: var name } && Globals.Unsupported.Contains(name)) throw Error($"the function '{name}' is not supported");
        return new CallExpression(line, node, ParseArguments());
    }

    private ArgumentList ParseArguments()
    {
        Expect("(");
        var positional = new List<Expression>();
        var named = new List<(string Name, Expression Value)>();
        Expression? spread = null;
        Expression? spreadNamed = null;
        for (var first = true; !Skip(")"); first = false)
        {
            if (!first)
            {
                Expect(",");
                if (Skip(")")) break;
            }

            if (spreadNamed is not null) throw Error("an argument follows '**'");
            if (Skip("**")) spreadNamed = ParseExpression();
            else if (IsOperator("*") && spread is null && Skip("*")) spread = ParseExpression();
            else if (Current.Kind == TokenKind.Name && Peek() is { Kind: TokenKind.Operator, Text: "=" })
            {
                var name = Next().Text;
                Next();
                if (named.Exists(n => n.Name == name)) throw Error($"the argument '{name}' is given twice");
                named.Add((name, ParseExpression()));
            }
            else if (named.Count > 0 || spread is not null) throw Error("an argument without a name follows one with a name");
            else positional.Add(ParseExpression());
        }

        return new ArgumentList(positional, named, spread, spreadNamed);
    }

    private Expression ParseFilters(Expression node)
    {
        while (true)
        {
            if (Skip("|")) node = ParseFilter(node);
            else if (IsName("is")) node = ParseTest(node);
            else if (IsOperator("(")) node = ParseCall(node);
            else return node;
        }
    }

    private ApplyExpression ParseFilter(Expression node)
    {
        var name = ParseDottedName();
        if (Filters.Find(name.Text) is not { } filter) throw new JinjaException($"the filter '{name.Text}' is not supported", name.Line);
        return new ApplyExpression(name.Line, filter, node, IsOperator("(") ? ParseArguments() : ArgumentList.None);
    }

    private Expression ParseTest(Expression node)
    {
        Next();
        var negated = SkipName("not");
        var name = ParseDottedName();
        if (Tests.Find(name.Text) is not { } test) throw new JinjaException($"the test '{name.Text}' is not supported", name.Line);
        var arguments = IsOperator("(") ? ParseArguments() : BeginsArgument()
            ? new ArgumentList([ParseTestArgument()], [], null, null) : ArgumentList.None;
        Expression result = new ApplyExpression(name.Line, test, node, arguments);
        return negated ? new UnaryExpression(name.Line, (_, value) => JinjaValue.Of(!value.IsTrue), result) : result;

        bool BeginsArgument() => Current.Kind switch
        {
            TokenKind.String or TokenKind.Integer or TokenKind.Float => true,
            TokenKind.Name => Current.Text is not ("else" or "or" or "and"),
            TokenKind.Operator => Current.Text is "[" or "{",
            _ => false,
        };
    }

    private Expression ParseTestArgument() => IsName("is") ? throw Error("tests cannot be chained with 'is'") : ParsePostfix(ParsePrimary());

    private Token ParseDottedName()
    {
        var name = Expect(TokenKind.Name);
        while (Skip(".")) name = name with { Text = $"{name.Text}.{Expect(TokenKind.Name).Text}" };
        return name;
    }
}
