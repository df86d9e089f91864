namespace LisaOrleans.Data.Jinja;

/// <summary>Text between tags.</summary>
internal sealed class DataStatement(int line, string text) : Statement(line)
{
    public override Flow Run(RenderState state, Scope scope)
    {
        state.Write(text);
        return Flow.Next;
    }
}

/// <summary><c>{{ expression }}</c>.</summary>
internal sealed class OutputStatement(int line, Expression expression) : Statement(line)
{
    public override Flow Run(RenderState state, Scope scope)
    {
        state.Write(Printer.Str(state, expression.Evaluate(state, scope)));
        return Flow.Next;
    }
}

/// <summary><c>{% filter … %}</c>: what is inside is written through a filter.</summary>
internal sealed class FilterStatement(int line, Func<RenderState, Scope, JinjaValue, JinjaValue> filter, IReadOnlyList<Statement> body)
    : Statement(line)
{
    public override Flow Run(RenderState state, Scope scope)
    {
        var flow = Flow.Next;
        var text = state.Capture(() => flow = RunAll(body, state, new Scope(scope)));
        if (flow == Flow.Next) state.Write(Printer.Str(state, filter(state, scope, JinjaValue.Of(text))));
        return flow;
    }
}

/// <summary><c>{% generation %}</c>: transformers' mark around what the model says. Its variables end with it.</summary>
internal sealed class GenerationStatement(int line, IReadOnlyList<Statement> body) : Statement(line)
{
    public override Flow Run(RenderState state, Scope scope)
    {
        var start = state.Output.Length;
        RunAll(body, state, new Scope(scope));
        state.Line = Line;
        state.Generate(start);
        return Flow.Next;
    }
}
