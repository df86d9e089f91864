namespace LisaOrleans.Data.Jinja;

/// <summary>What a template can call: a function, a method with its object, or a macro.</summary>
internal sealed class CallableValue(string name, Func<RenderState, Arguments, JinjaValue> call) : JinjaValue
{
    public string Name => name;

    public override string TypeName => "function";

    public JinjaValue Call(RenderState state, Arguments arguments) => call(state, arguments);
}
