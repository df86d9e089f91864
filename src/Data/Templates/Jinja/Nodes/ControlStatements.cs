namespace LisaOrleans.Data.Jinja;

/// <summary><c>{% if %}</c> with its elifs and else. It has no variables of its own.</summary>
/// <param name="line">Its line.</param>
/// <param name="branches">In their order; the else has no test.</param>
internal sealed class IfStatement(int line, IReadOnlyList<(Expression? Test, IReadOnlyList<Statement> Body)> branches) : Statement(line)
{
    public override Flow Run(RenderState state, Scope scope)
    {
        foreach (var (test, body) in branches)
        {
            if (test is not null)
            {
                state.Line = test.Line;
                if (!test.Evaluate(state, scope).IsTrue) continue;
            }

            return RunAll(body, state, scope);
        }

        return Flow.Next;
    }
}

/// <summary><c>{% break %}</c> or <c>{% continue %}</c>.</summary>
internal sealed class JumpStatement(int line, Flow flow) : Statement(line)
{
    public override Flow Run(RenderState state, Scope scope) => flow;
}

/// <summary><c>{% with %}</c>: variables for its body, whose values are computed outside.</summary>
internal sealed class WithStatement(int line, IReadOnlyList<(Target Target, Expression Value)> variables, IReadOnlyList<Statement> body)
    : Statement(line)
{
    public override Flow Run(RenderState state, Scope scope)
    {
        var inner = new Scope(scope);
        foreach (var (target, value) in variables) target.Assign(state, inner, value.Evaluate(state, scope));
        return RunAll(body, state, inner);
    }
}

/// <summary><c>{% for %}</c>.</summary>
internal sealed class ForStatement(
    int line, Target target, Expression items, Expression? test, bool recursive, IReadOnlyList<Statement> body, IReadOnlyList<Statement> otherwise)
    : Statement(line)
{
    public override Flow Run(RenderState state, Scope scope)
    {
        Run(state, scope, items.Evaluate(state, scope), 0);
        return Flow.Next;
    }

    private void Run(RenderState state, Scope scope, JinjaValue value, int depth)
    {
        var length = test is null ? value.Count : null;
        var loop = new LoopValue(state, Passing(state, scope, state.Iterate(value)), length, depth, recursive ? Recurse : null);
        var completed = false;
        while (loop.MoveNext())
        {
            var inner = new Scope(scope);
            inner.Set(LoopValue.Name, loop);
            target.Assign(state, inner, loop.Current);
            var flow = RunAll(body, state, inner);
            completed |= flow == Flow.Next;
            if (flow == Flow.Break) break;
        }

        // Jinja notes a pass at its end: one that break or continue leaves does not count.
        if (!completed) RunAll(otherwise, state, new Scope(scope));

        JinjaValue Recurse(JinjaValue inner)
        {
            state.Enter();
            var text = state.Capture(() => Run(state, scope, inner, depth + 1));
            state.Leave();
            return JinjaValue.Of(text);
        }
    }

    // The test runs before each pass, not for all of them beforehand: passes may change what it reads.
    private IEnumerable<JinjaValue> Passing(RenderState state, Scope scope, IEnumerable<JinjaValue> all)
    {
        if (test is null) return all;
        return all.Where(item =>
        {
            var inner = new Scope(scope);
            target.Assign(state, inner, item);
            return test.Evaluate(state, inner).IsTrue;
        });
    }
}
