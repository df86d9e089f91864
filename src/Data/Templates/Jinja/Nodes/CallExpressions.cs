namespace LisaOrleans.Data.Jinja;

/// <summary>The arguments of a call.</summary>
/// <param name="Positional">Those without a name.</param>
/// <param name="Named">Those with one.</param>
/// <param name="Spread">What <c>*</c> stands before; null for none.</param>
/// <param name="SpreadNamed">What <c>**</c> stands before; null for none.</param>
internal sealed record ArgumentList(
    IReadOnlyList<Expression> Positional, IReadOnlyList<(string Name, Expression Value)> Named, Expression? Spread, Expression? SpreadNamed)
{
    public static ArgumentList None { get; } = new([], [], null, null);

    public IEnumerable<Expression?> Parts => [.. Positional, .. Named.Select(n => n.Value), Spread, SpreadNamed];

    /// <param name="state">The rendering.</param>
    /// <param name="scope">Where names are looked up.</param>
    /// <param name="first">What a filter or test is applied to, its first argument; null for a call.</param>
    public Arguments Evaluate(RenderState state, Scope scope, JinjaValue? first)
    {
        var positional = new List<JinjaValue>(Positional.Count + 1);
        if (first is not null) positional.Add(first);
        foreach (var expression in Positional) positional.Add(expression.Evaluate(state, scope));
        if (Spread is not null) positional.AddRange(state.Iterate(Spread.Evaluate(state, scope)));
        if (Named.Count == 0 && SpreadNamed is null) return new Arguments(positional, []);
        var named = Named.Select(n => KeyValuePair.Create(n.Name, n.Value.Evaluate(state, scope))).ToList();
        if (SpreadNamed is not null)
        {
            if (SpreadNamed.Evaluate(state, scope) is not DictValue dict) throw state.Error("'**' needs a dict");
            foreach (var (key, value) in dict.Members) named.Add(KeyValuePair.Create(Printer.Str(state, key), value));
        }

        return new Arguments(positional, named);
    }
}

/// <summary>A call of a function, method or macro.</summary>
internal sealed class CallExpression(int line, Expression callee, ArgumentList arguments) : Expression(line, [callee, .. arguments.Parts])
{
    public override JinjaValue Evaluate(RenderState state, Scope scope) => Evaluate(state, scope, null);

    /// <param name="state">The rendering.</param>
    /// <param name="scope">Where names are looked up.</param>
    /// <param name="caller">The body of a call block, which the callee gets as <c>caller</c>; null for none.</param>
    public JinjaValue Evaluate(RenderState state, Scope scope, JinjaValue? caller)
    {
        state.Spend(1);
        if (callee is AttributeExpression method && method.Target.Evaluate(state, scope) is var target)
        {
            if (target is TextValue text && TextMethods.TryCall(state, text, method.Name, arguments.Evaluate(state, scope, null)) is { } result)
                return result;
            return Call(state, scope, Access.Attribute(state, target, method.Name), caller);
        }

        return Call(state, scope, callee.Evaluate(state, scope), caller);
    }

    private JinjaValue Call(RenderState state, Scope scope, JinjaValue function, JinjaValue? caller)
    {
        var evaluated = arguments.Evaluate(state, scope, null);
        if (caller is not null) evaluated = new Arguments(evaluated.Positional, [.. evaluated.Named, KeyValuePair.Create("caller", caller)]);
        state.Line = Line;
        return function switch
        {
            CallableValue callable => callable.Call(state, evaluated),
            LoopValue loop => loop.Recurse(state, evaluated),
            UndefinedValue u => throw state.Error(u.Problem),
            _ => throw state.Error($"'{function.TypeName}' cannot be called"),
        };
    }
}

/// <summary>A filter or test, applied to a value.</summary>
internal sealed class ApplyExpression(int line, Func<RenderState, Arguments, JinjaValue> function, Expression target, ArgumentList arguments)
    : Expression(line, [target, .. arguments.Parts])
{
    public override JinjaValue Evaluate(RenderState state, Scope scope) => Apply(state, scope, target.Evaluate(state, scope));

    public JinjaValue Apply(RenderState state, Scope scope, JinjaValue value)
    {
        state.Spend(1);
        return function(state, arguments.Evaluate(state, scope, value));
    }
}
