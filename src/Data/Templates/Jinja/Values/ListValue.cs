namespace LisaOrleans.Data.Jinja;

/// <summary>A list or a tuple.</summary>
/// <param name="items">Its elements; never changed afterwards.</param>
/// <param name="isTuple">Whether it is a tuple.</param>
internal sealed class ListValue(IReadOnlyList<JinjaValue> items, bool isTuple = false) : JinjaValue
{
    private int _depth;
    private bool? _isHashable;

    public static ListValue Empty { get; } = new([]);

    public IReadOnlyList<JinjaValue> Elements => items;

    public bool IsTuple => isTuple;

    /// <summary>Whether it is one of groupby's, whose two elements have the names <c>grouper</c> and <c>list</c>.</summary>
    public bool IsGroup { get; init; }

    /// <summary>Whether it is a tuple of what Python can hash; remembered, since tuples may share their elements many times over.</summary>
    public bool IsHashable => _isHashable ??= isTuple && items.All(KeyComparer.IsHashable);

    public override string TypeName => isTuple ? "tuple" : "list";

    public override int Depth => _depth > 0 ? _depth : _depth = 1 + items.Select(i => i.Depth).DefaultIfEmpty().Max();

    public override bool IsTrue => items.Count > 0;

    public override int? Count => items.Count;

    public override IEnumerable<JinjaValue> Items(RenderState state) => items;
}
