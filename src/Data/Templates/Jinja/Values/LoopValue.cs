namespace LisaOrleans.Data.Jinja;

/// <summary>The variable <c>loop</c>, which also steps through the elements. It looks ahead only when a template asks for what comes.</summary>
internal sealed class LoopValue(
    RenderState state, IEnumerable<JinjaValue> items, int? length, int depth, Func<JinjaValue, JinjaValue>? recurse) : JinjaValue
{
    public const string Name = "loop";

    private IEnumerator<JinjaValue> _items = items.GetEnumerator();
    private JinjaValue? _next;
    private JinjaValue? _previous;
    private Arguments? _changed;
    private int? _length = length;
    private long _index = -1;

    public override string TypeName => "loop";

    public override int? Count => Length();

    public JinjaValue Current { get; private set; } = NoneValue.Instance;

    public bool MoveNext()
    {
        var next = _next ?? (_items.MoveNext() ? _items.Current : null);
        _next = null;
        if (next is null) return false;
        if (_index >= 0) _previous = Current;
        Current = next;
        _index++;
        return true;
    }

    public JinjaValue? Attribute(RenderState rendering, string name) => name switch
    {
        "index" => Of(_index + 1),
        "index0" => Of(_index),
        "first" => Of(_index == 0),
        "last" => Of(Peek() is null),
        "length" => Of(Length()),
        "revindex" => Of(Length() - _index),
        "revindex0" => Of(Length() - _index - 1),
        "depth" => Of(depth + 1L),
        "depth0" => Of(depth),
        "previtem" => _previous ?? new UndefinedValue("there is no previous item"),
        "nextitem" => Peek() ?? new UndefinedValue("there is no next item"),
        "cycle" => new CallableValue(name, Cycle),
        "changed" => new CallableValue(name, Changed),
        _ => null,
    };

    /// <summary><c>loop(items)</c> of a recursive loop.</summary>
    public JinjaValue Recurse(RenderState rendering, Arguments arguments) => recurse is null
        ? throw rendering.Error("the loop is not marked as recursive")
        : recurse(arguments.Bind(rendering, Name, 1, "iterable")[0]!);

    private JinjaValue? Peek() => _next ??= _items.MoveNext() ? _items.Current : null;

    private int Length()
    {
        if (_length is { } known) return known;
        var rest = new List<JinjaValue>();
        while (_items.MoveNext()) rest.Add(_items.Current);
        _items = rest.GetEnumerator();
        _length = rest.Count + (int)_index + 1 + (_next is null ? 0 : 1);
        return _length.Value;
    }

    private JinjaValue Cycle(RenderState rendering, Arguments arguments) => arguments.Positional.Count > 0
        ? arguments.Positional[(int)(_index % arguments.Positional.Count)]
        : throw rendering.Error("loop.cycle is given nothing");

    private BooleanValue Changed(RenderState rendering, Arguments arguments)
    {
        var same = _changed is { } before && before.Positional.Count == arguments.Positional.Count
            && before.Positional.Zip(arguments.Positional).All(p => Comparison.AreEqual(state, p.First, p.Second));
        if (!same) _changed = arguments;
        return Of(!same);
    }
}
