namespace LisaOrleans.Data.Jinja;

/// <summary>What a dict's keys(), values() and items() are in Python.</summary>
/// <param name="name">keys, values or items.</param>
/// <param name="items">Its elements.</param>
internal sealed class ViewValue(string name, IReadOnlyList<JinjaValue> items) : JinjaValue
{
    public IReadOnlyList<JinjaValue> Elements => items;

    /// <summary>Whether Python takes differences of it. They are sets, whose order changes from process to process.</summary>
    public bool IsSetLike => name != "values";

    public override string TypeName => $"dict_{name}";

    public override int Depth { get; } = 1 + items.Select(i => i.Depth).DefaultIfEmpty().Max();

    public override bool IsTrue => items.Count > 0;

    public override int? Count => items.Count;

    public override IEnumerable<JinjaValue> Items(RenderState state) => items;
}
