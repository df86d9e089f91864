namespace LisaOrleans.Data.Jinja;

/// <content>Expressions, from the loosest binding to the tightest, each level as Jinja has it.</content>
internal sealed partial class Parser
{
    private const int DeepestExpression = 100;

    private static readonly string[] s_comparisons = ["==", "!=", "<", "<=", ">", ">="];

    private int _depth;

    private Expression ParseExpression(bool withConditional = true)
    {
        if (++_depth > DeepestExpression) throw Error($"expressions are nested more than {DeepestExpression} deep");
        var expression = ParseOr();
        while (withConditional && IsName("if"))
        {
            var line = Next().Line;
            var test = ParseOr();
            expression = new ConditionalExpression(line, test, expression, SkipName("else") ? ParseExpression() : null);
        }

        _depth--;
        return expression;
    }

    // One expression, or several between commas, which are a tuple.
    private Expression ParseTuple(bool withConditional = true, string? end = null, bool inParentheses = false)
    {
        var line = Current.Line;
        var items = new List<Expression>();
        var isTuple = false;
        while (!AtTupleEnd())
        {
            items.Add(ParseExpression(withConditional));
            if (!Skip(",")) break;
            isTuple = true;
        }

        if (items.Count == 1 && !isTuple) return items[0];
        return items.Count > 0 || inParentheses
            ? new ListExpression(line, items, isTuple: true)
            : throw Error($"unexpected {Current.Described} where an expression is expected");

        bool AtTupleEnd() => Current.Kind is TokenKind.VariableEnd or TokenKind.BlockEnd || IsOperator(")") || (end is not null && IsName(end));
    }

    private Expression ParseOr()
    {
        var left = ParseAnd();
        while (IsName("or")) left = new LogicExpression(Next().Line, isAnd: false, left, ParseAnd());
        return left;
    }

    private Expression ParseAnd()
    {
        var left = ParseNot();
        while (IsName("and")) left = new LogicExpression(Next().Line, isAnd: true, left, ParseNot());
        return left;
    }

    private Expression ParseNot()
    {
        if (!IsName("not")) return ParseCompare();
        if (++_depth > DeepestExpression) throw Error($"expressions are nested more than {DeepestExpression} deep");
        var not = new UnaryExpression(Next().Line, (_, value) => JinjaValue.Of(!value.IsTrue), ParseNot());
        _depth--;
        return not;
    }

    private Expression ParseCompare()
    {
        var line = Current.Line;
        var first = ParseSum();
        var others = new List<(string, Expression)>();
        while (true)
        {
            if (Current.Kind == TokenKind.Operator && s_comparisons.Contains(Current.Text)) others.Add((Next().Text, ParseSum()));
            else if (SkipName("in")) others.Add(("in", ParseSum()));
            else if (IsName("not") && Peek() is { Kind: TokenKind.Name, Text: "in" })
            {
                Next();
                Next();
                others.Add(("not in", ParseSum()));
            }
            else return others.Count == 0 ? first : new CompareExpression(line, first, others);
        }
    }

    private Expression ParseSum()
    {
        var left = ParseConcatenation();
        while (IsOperator("+") || IsOperator("-"))
        {
            var sign = Next();
            left = new BinaryExpression(sign.Line, sign.Text == "+" ? Operators.Add : Operators.Subtract, left, ParseConcatenation());
        }

        return left;
    }

    private Expression ParseConcatenation()
    {
        var line = Current.Line;
        var parts = new List<Expression> { ParseProduct() };
        while (Skip("~")) parts.Add(ParseProduct());
        return parts.Count == 1 ? parts[0] : new ConcatenateExpression(line, parts);
    }

    private Expression ParseProduct()
    {
        var left = ParsePower();
        while (IsOperator("*") || IsOperator("/") || IsOperator("//") || IsOperator("%"))
        {
            var sign = Next();
            Func<RenderState, JinjaValue, JinjaValue, JinjaValue> apply = sign.Text switch
            {
                "*" => Operators.Multiply,
                "/" => Operators.Divide,
                "//" => Operators.FloorDivide,
                _ => Operators.Modulo,
            };
            left = new BinaryExpression(sign.Line, apply, left, ParsePower());
        }

        return left;
    }

    // Jinja's ** binds to the left, and a sign before it more tightly.
    private Expression ParsePower()
    {
        var left = ParseUnary();
        while (IsOperator("**")) left = new BinaryExpression(Next().Line, Operators.Power, left, ParseUnary());
        return left;
    }

    private Expression ParseUnary(bool withFilter = true)
    {
        if (++_depth > DeepestExpression) throw Error($"expressions are nested more than {DeepestExpression} deep");
        var line = Current.Line;
        var node = Skip("-") ? new UnaryExpression(line, Operators.Negate, ParseUnary(false))
            : Skip("+") ? new UnaryExpression(line, Operators.Plus, ParseUnary(false))
            : ParsePrimary();
        node = ParsePostfix(node);
        _depth--;
        return withFilter ? ParseFilters(node) : node;
    }
}
