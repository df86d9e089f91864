namespace LisaOrleans.Data.Jinja;

/// <summary><c>{% set target = value %}</c>.</summary>
internal sealed class SetStatement(int line, Target target, Expression value) : Statement(line)
{
    public override Flow Run(RenderState state, Scope scope)
    {
        target.Assign(state, scope, value.Evaluate(state, scope));
        return Flow.Next;
    }
}

/// <summary><c>{% set target %}…{% endset %}</c>, maybe with a filter.</summary>
internal sealed class SetBlockStatement(
    int line, Target target, Func<RenderState, Scope, JinjaValue, JinjaValue>? filter, IReadOnlyList<Statement> body)
    : Statement(line)
{
    public override Flow Run(RenderState state, Scope scope)
    {
        var flow = Flow.Next;
        var inner = new Scope(scope);
        var text = JinjaValue.Of(state.Capture(() => flow = RunAll(body, state, inner)));
        if (flow == Flow.Next) target.Assign(state, scope, filter is null ? text : filter(state, inner, text));
        return flow;
    }
}

/// <summary><c>{% macro %}</c>: defines it under its name.</summary>
internal sealed class MacroStatement(int line, string name, Macro macro) : Statement(line)
{
    public override Flow Run(RenderState state, Scope scope)
    {
        scope.Set(name, macro.Bind(scope));
        return Flow.Next;
    }
}

/// <summary><c>{% call %}</c>: calls a macro that can write the body by <c>caller()</c>.</summary>
internal sealed class CallStatement(int line, CallExpression call, Macro body) : Statement(line)
{
    public override Flow Run(RenderState state, Scope scope)
    {
        state.Write(Printer.Str(state, call.Evaluate(state, scope, body.Bind(scope))));
        return Flow.Next;
    }
}
