namespace LisaOrleans.Data.Jinja;

/// <summary>A macro, or the body of a call block.</summary>
/// <param name="Name">For errors.</param>
/// <param name="Parameters">Their names and defaults.</param>
/// <param name="Body">What a call writes.</param>
/// <param name="Uses">Which of <c>caller</c>, <c>kwargs</c> and <c>varargs</c> the body asks for; without them such arguments are errors.</param>
internal sealed record Macro(
    string Name, IReadOnlyList<(string Name, Expression? Default)> Parameters, IReadOnlyList<Statement> Body, IReadOnlySet<string> Uses)
{
    public const string Caller = "caller";
    public const string NamedRest = "kwargs";
    public const string PositionalRest = "varargs";

    /// <summary>The macro as a value that sees the variables of where it is defined.</summary>
    public CallableValue Bind(Scope scope) => new(Name, (state, arguments) => Call(state, scope, arguments));

    private JinjaValue Call(RenderState state, Scope outer, Arguments arguments)
    {
        var line = state.Line;
        var scope = new Scope(outer);
        var named = arguments.Named.ToDictionary(n => n.Key, n => n.Value);
        for (var i = 0; i < Parameters.Count; i++)
        {
            var (name, missing) = Parameters[i];
            var given = i < arguments.Positional.Count ? arguments.Positional[i] : named.Remove(name, out var value) ? value : null;
            scope.Set(name, given ?? missing?.Evaluate(state, scope) ?? new UndefinedValue($"the parameter '{name}' was not given"));
        }

        SetRest(state, scope, arguments, named);
        state.Enter();
        var text = state.Capture(() => Statement.RunAll(Body, state, scope));
        state.Leave();
        state.Line = line;
        return JinjaValue.Of(text);
    }

    private void SetRest(RenderState state, Scope scope, Arguments arguments, Dictionary<string, JinjaValue> named)
    {
        if (Uses.Contains(Caller) && !Parameters.Any(p => p.Name == Caller))
            scope.Set(Caller, named.Remove(Caller, out var caller) ? caller : new UndefinedValue("no caller is defined"));
        if (Uses.Contains(NamedRest)) scope.Set(NamedRest, JsonValues.Dict(named));
        else if (named.Count > 0) throw state.Error($"the macro '{Name}' takes no argument '{named.Keys.First()}'");

        if (Uses.Contains(PositionalRest)) scope.Set(PositionalRest, state.List([.. arguments.Positional.Skip(Parameters.Count)], isTuple: true));
        else if (arguments.Positional.Count > Parameters.Count) throw state.Error($"the macro '{Name}' takes at most {Parameters.Count} arguments");
    }
}
