namespace LisaOrleans.Data.Jinja;

/// <summary>None, JSON's null.</summary>
internal sealed class NoneValue : JinjaValue
{
    private NoneValue()
    {
    }

    public static NoneValue Instance { get; } = new();

    public override string TypeName => "NoneType";

    public override bool IsTrue => false;
}
