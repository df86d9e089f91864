namespace LisaOrleans.Data.Jinja;

/// <summary>What filters such as map and select return: it yields its elements once, is true even where it yields none, and has no length.</summary>
/// <param name="depth">How many generators it draws from.</param>
/// <param name="items">Its elements, made as they are asked for.</param>
internal sealed class GeneratorValue(int depth, IEnumerable<JinjaValue> items) : JinjaValue
{
    private IEnumerator<JinjaValue>? _items;

    public override string TypeName => "generator";

    public override int Depth => depth;

    public override IEnumerable<JinjaValue> Items(RenderState state)
    {
        _items ??= items.GetEnumerator();
        while (_items.MoveNext()) yield return _items.Current;
    }
}
