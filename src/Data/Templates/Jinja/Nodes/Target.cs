namespace LisaOrleans.Data.Jinja;

/// <summary>What a value is assigned to.</summary>
internal abstract class Target
{
    public abstract void Assign(RenderState state, Scope scope, JinjaValue value);
}

/// <summary>A variable.</summary>
internal sealed class NameTarget(string name) : Target
{
    public override void Assign(RenderState state, Scope scope, JinjaValue value) => scope.Set(name, value);
}

/// <summary>A member of a namespace.</summary>
internal sealed class NamespaceTarget(string name, string member) : Target
{
    public override void Assign(RenderState state, Scope scope, JinjaValue value)
    {
        if (scope.Find(name) is not NamespaceValue ns) throw state.Error($"'{name}' is not a namespace, so '{name}.{member}' cannot be assigned");
        state.Spend(1);
        ns.Members[member] = value;
    }
}

/// <summary>Several, which take the elements of the value.</summary>
internal sealed class TupleTarget(IReadOnlyList<Target> targets) : Target
{
    public override void Assign(RenderState state, Scope scope, JinjaValue value)
    {
        var items = state.Iterate(value).Take(targets.Count + 1).ToList();
        if (items.Count != targets.Count)
            throw state.Error($"{targets.Count} variables cannot take {(items.Count > targets.Count ? "more" : $"{items.Count}")} elements");
        for (var i = 0; i < items.Count; i++) targets[i].Assign(state, scope, items[i]);
    }
}
