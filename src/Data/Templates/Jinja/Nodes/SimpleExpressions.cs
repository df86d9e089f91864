namespace LisaOrleans.Data.Jinja;

/// <summary>A literal.</summary>
internal sealed class ConstantExpression(int line, JinjaValue value) : Expression(line)
{
    public JinjaValue Value => value;

    public override JinjaValue Evaluate(RenderState state, Scope scope) => value;
}

/// <summary>A variable, or else a function that every template has.</summary>
internal sealed class NameExpression(int line, string name) : Expression(line)
{
    public string Name => name;

    public override JinjaValue Evaluate(RenderState state, Scope scope)
    {
        state.Spend(1);
        return scope.Find(name) ?? (JinjaValue?)Globals.Find(name) ?? UndefinedValue.Name(name);
    }
}

/// <summary><c>target.name</c>.</summary>
internal sealed class AttributeExpression(int line, Expression target, string name) : Expression(line, target)
{
    public Expression Target => target;

    public string Name => name;

    public override JinjaValue Evaluate(RenderState state, Scope scope)
    {
        state.Spend(1);
        return Access.Attribute(state, target.Evaluate(state, scope), name);
    }
}

/// <summary><c>target[key]</c>.</summary>
internal sealed class ItemExpression(int line, Expression target, Expression key) : Expression(line, target, key)
{
    public override JinjaValue Evaluate(RenderState state, Scope scope)
    {
        state.Spend(1);
        return Access.Item(state, target.Evaluate(state, scope), key.Evaluate(state, scope));
    }
}

/// <summary><c>target[start:stop:step]</c>.</summary>
internal sealed class SliceExpression(int line, Expression target, Expression? start, Expression? stop, Expression? step)
    : Expression(line, target, start, stop, step)
{
    public override JinjaValue Evaluate(RenderState state, Scope scope)
    {
        state.Spend(1);
        return Access.Slice(
            state, target.Evaluate(state, scope), start?.Evaluate(state, scope), stop?.Evaluate(state, scope), step?.Evaluate(state, scope));
    }
}

/// <summary>A list or tuple.</summary>
internal sealed class ListExpression(int line, IReadOnlyList<Expression> items, bool isTuple) : Expression(line, items)
{
    public override JinjaValue Evaluate(RenderState state, Scope scope) => state.List([.. items.Select(i => i.Evaluate(state, scope))], isTuple);
}

/// <summary>A dict.</summary>
internal sealed class DictExpression(int line, IReadOnlyList<(Expression Key, Expression Value)> members)
    : Expression(line, members.SelectMany(m => new[] { m.Key, m.Value }))
{
    public override JinjaValue Evaluate(RenderState state, Scope scope)
    {
        state.Spend(members.Count);
        var dict = new DictValue();
        foreach (var (key, value) in members)
        {
            var k = key.Evaluate(state, scope);
            if (!KeyComparer.CanBeKey(k)) throw state.Error($"a '{k.TypeName}' as a key of a dict is not supported");
            dict.Set(k, value.Evaluate(state, scope));
        }

        return state.Checked(dict);
    }
}
