namespace LisaOrleans.Data.Jinja;

/// <summary>Arithmetic on one value.</summary>
internal sealed class UnaryExpression(int line, Func<RenderState, JinjaValue, JinjaValue> apply, Expression operand) : Expression(line, operand)
{
    public override JinjaValue Evaluate(RenderState state, Scope scope)
    {
        state.Spend(1);
        return apply(state, operand.Evaluate(state, scope));
    }
}

/// <summary>Arithmetic on two values.</summary>
internal sealed class BinaryExpression(int line, Func<RenderState, JinjaValue, JinjaValue, JinjaValue> apply, Expression left, Expression right)
    : Expression(line, left, right)
{
    public override JinjaValue Evaluate(RenderState state, Scope scope)
    {
        state.Spend(1);
        return apply(state, left.Evaluate(state, scope), right.Evaluate(state, scope));
    }
}

/// <summary><c>and</c>, <c>or</c>: the value that decides, as in Python.</summary>
internal sealed class LogicExpression(int line, bool isAnd, Expression left, Expression right) : Expression(line, left, right)
{
    public override JinjaValue Evaluate(RenderState state, Scope scope)
    {
        state.Spend(1);
        var value = left.Evaluate(state, scope);
        return value.IsTrue == isAnd ? right.Evaluate(state, scope) : value;
    }
}

/// <summary>Comparisons, in a chain as <c>a &lt; b &lt; c</c>.</summary>
internal sealed class CompareExpression(int line, Expression first, IReadOnlyList<(string Sign, Expression Operand)> others)
    : Expression(line, [first, .. others.Select(o => o.Operand)])
{
    public override JinjaValue Evaluate(RenderState state, Scope scope)
    {
        var left = first.Evaluate(state, scope);
        foreach (var (sign, operand) in others)
        {
            var right = operand.Evaluate(state, scope);
            if (!Comparison.Holds(state, sign, left, right)) return BooleanValue.False;
            left = right;
        }

        return BooleanValue.True;
    }
}

/// <summary><c>a ~ b</c>: texts of any values, joined.</summary>
internal sealed class ConcatenateExpression(int line, IReadOnlyList<Expression> parts) : Expression(line, parts)
{
    public override JinjaValue Evaluate(RenderState state, Scope scope)
    {
        var texts = new string[parts.Count];
        var length = 0L;
        for (var i = 0; i < texts.Length; i++) length += (texts[i] = Printer.Str(state, parts[i].Evaluate(state, scope))).Length;
        state.SpendText(length);
        return JinjaValue.Of(string.Concat(texts));
    }
}

/// <summary><c>a if test else b</c>.</summary>
internal sealed class ConditionalExpression(int line, Expression test, Expression then, Expression? otherwise)
    : Expression(line, test, then, otherwise)
{
    public override JinjaValue Evaluate(RenderState state, Scope scope)
    {
        state.Spend(1);
        return test.Evaluate(state, scope).IsTrue ? then.Evaluate(state, scope)
            : otherwise?.Evaluate(state, scope) ?? new UndefinedValue("an inline if without else had a false test");
    }
}
