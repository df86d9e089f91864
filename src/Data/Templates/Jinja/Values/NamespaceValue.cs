namespace LisaOrleans.Data.Jinja;

/// <summary>namespace(): the one object whose members a template may assign.</summary>
internal sealed class NamespaceValue : JinjaValue
{
    public Dictionary<string, JinjaValue> Members { get; } = [];

    public override string TypeName => "Namespace";
}
