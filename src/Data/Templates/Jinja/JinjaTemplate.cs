using LisaOrleans.Data.Jinja;

namespace LisaOrleans.Data;

/// <summary>
/// A Jinja template as Hugging Face's chat templates are: Jinja2's semantics under transformers' settings (trim_blocks,
/// lstrip_blocks, an immutable sandbox, loop controls, generation blocks, its own tojson). Rendering costs at most what
/// <see cref="JinjaLimits"/> allow, and touches nothing but the values given.
/// </summary>
internal sealed class JinjaTemplate
{
    private readonly IReadOnlyList<Statement> _body;
    private readonly HashSet<string> _names;

    private JinjaTemplate(IReadOnlyList<Statement> body, HashSet<string> names, bool marksGeneration) =>
        (_body, _names, MarksGeneration) = (body, names, marksGeneration);

    /// <summary>Whether it marks with <c>{% generation %}</c> what the model says.</summary>
    public bool MarksGeneration { get; }

    /// <summary>Reads it.</summary>
    /// <exception cref="JinjaException">It is wrong, or uses what is not supported; with the line.</exception>
    public static JinjaTemplate Parse(string source)
    {
        var (body, names, marksGeneration) = Parser.Parse(source);
        return new JinjaTemplate(body, names, marksGeneration);
    }

    /// <summary>What it writes.</summary>
    /// <param name="variables">Its variables.</param>
    /// <param name="now">The time that strftime_now gives.</param>
    /// <param name="limits">What it may cost; null for the defaults.</param>
    /// <exception cref="JinjaRefusedException">It calls raise_exception.</exception>
    /// <exception cref="JinjaException">It cannot be rendered, or costs too much.</exception>
    public JinjaRendering Render(IEnumerable<KeyValuePair<string, JinjaValue>> variables, DateTimeOffset now, JinjaLimits? limits = null)
    {
        var state = new RenderState(limits ?? new JinjaLimits(), now);
        var context = new Scope(null);

        // Only names in the template are looked up, and those are interned already; interning takes a lock of the process.
        foreach (var (name, value) in variables)
            if (_names.TryGetValue(name, out var interned)) context.Set(interned, value);
        Statement.RunAll(_body, state, new Scope(context));
        return new JinjaRendering(state.Output.ToString(), state.Generated);
    }
}
