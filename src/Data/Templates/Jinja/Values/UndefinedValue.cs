namespace LisaOrleans.Data.Jinja;

/// <summary>
/// A name or element that does not exist. Like jinja2.Undefined, it prints as nothing, is false and empty; arithmetic, order,
/// calls and elements of it are errors.
/// </summary>
/// <param name="problem">What the errors say.</param>
internal sealed class UndefinedValue(string problem) : JinjaValue
{
    public string Problem => problem;

    public override string TypeName => "Undefined";

    public override bool IsTrue => false;

    public override int? Count => 0;

    public override IEnumerable<JinjaValue> Items(RenderState state) => [];

    public static UndefinedValue Name(string name) => new($"'{name}' is undefined");

    public static UndefinedValue Member(JinjaValue value, JinjaValue key) =>
        new(key is TextValue t ? $"'{value.TypeName}' has no attribute '{t.Text}'" : $"'{value.TypeName}' has no such element");
}
