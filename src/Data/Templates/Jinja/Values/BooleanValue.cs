namespace LisaOrleans.Data.Jinja;

/// <summary>True or False. As in Python it counts as the integer 1 or 0.</summary>
internal sealed class BooleanValue : JinjaValue
{
    private BooleanValue(bool value) => Value = value;

    public static BooleanValue True { get; } = new(true);

    public static BooleanValue False { get; } = new(false);

    public bool Value { get; }

    public override string TypeName => "bool";

    public override bool IsTrue => Value;
}
