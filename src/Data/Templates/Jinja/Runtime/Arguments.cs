namespace LisaOrleans.Data.Jinja;

/// <summary>Arguments of a call. Those of a filter or test begin with the value it is applied to.</summary>
internal sealed class Arguments(IReadOnlyList<JinjaValue> positional, IReadOnlyList<KeyValuePair<string, JinjaValue>> named)
{
    public IReadOnlyList<JinjaValue> Positional => positional;

    public IReadOnlyList<KeyValuePair<string, JinjaValue>> Named => named;

    public static Arguments Of(params IReadOnlyList<JinjaValue> positional) => new(positional, []);

    /// <summary>By the parameters' names, in their order; null for those that are not given.</summary>
    /// <param name="state">The rendering.</param>
    /// <param name="function">For errors.</param>
    /// <param name="required">How many must be given.</param>
    /// <param name="names">All parameters; those that begin with <c>*</c> cannot be given by name.</param>
    public JinjaValue?[] Bind(RenderState state, string function, int required, params ReadOnlySpan<string> names)
    {
        if (positional.Count > names.Length) throw state.Error($"{function} takes at most {names.Length} arguments; {positional.Count} are given");
        var bound = new JinjaValue?[names.Length];
        for (var i = 0; i < positional.Count; i++) bound[i] = positional[i];
        foreach (var (name, value) in named)
        {
            var at = names.IndexOf(name);
            if (at < 0) throw state.Error($"{function} has no parameter '{name}'");
            if (bound[at] is not null) throw state.Error($"{function} is given '{name}' twice");
            bound[at] = value;
        }

        for (var i = 0; i < required; i++)
            if (bound[i] is null) throw state.Error($"{function} is not given '{names[i].TrimStart('*')}'");
        return bound;
    }

    /// <summary>Without the first ones, for a filter that applies another.</summary>
    public Arguments After(int count, JinjaValue value) => new([value, .. positional.Skip(count)], named);
}
