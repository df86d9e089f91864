namespace LisaOrleans.Data.Jinja;

/// <summary>A part of a template that does something.</summary>
internal abstract class Statement(int line)
{
    public int Line => line;

    public abstract Flow Run(RenderState state, Scope scope);

    /// <summary>Runs statements until one leaves the loop's pass.</summary>
    public static Flow RunAll(IReadOnlyList<Statement> body, RenderState state, Scope scope)
    {
        for (var i = 0; i < body.Count; i++)
        {
            state.Line = body[i].Line;
            state.Spend(1);
            if (body[i].Run(state, scope) is var flow and not Flow.Next) return flow;
        }

        return Flow.Next;
    }
}
