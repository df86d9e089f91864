namespace LisaOrleans.Data.Jinja;

/// <summary>A part of a template that has a value.</summary>
internal abstract class Expression
{
    // A thread's stack has room for this many times over; real templates reach some twenty.
    private const int Deepest = 200;

    /// <param name="line">Its line.</param>
    /// <param name="parts">The expressions that it is made of.</param>
    protected Expression(int line, params IEnumerable<Expression?> parts)
    {
        Line = line;
        Depth = 1 + parts.Select(p => p?.Depth ?? 0).DefaultIfEmpty().Max();
        if (Depth > Deepest) throw new JinjaException($"an expression has more than {Deepest} levels", line);
    }

    public int Line { get; }

    private int Depth { get; }

    public abstract JinjaValue Evaluate(RenderState state, Scope scope);
}
