namespace LisaOrleans.Data.Jinja;

/// <summary>A dict, in the order of its keys' first appearance.</summary>
internal sealed class DictValue : JinjaValue
{
    private readonly OrderedDictionary<JinjaValue, JinjaValue> _members = new(KeyComparer.Instance);
    private int _depth;

    public IEnumerable<KeyValuePair<JinjaValue, JinjaValue>> Members => _members;

    public override string TypeName => "dict";

    public override int Depth => _depth > 0 ? _depth : _depth = 1 + _members.Values.Select(v => v.Depth).DefaultIfEmpty().Max();

    public override bool IsTrue => _members.Count > 0;

    public override int? Count => _members.Count;

    /// <summary>Adds or overwrites; only while it is being built.</summary>
    public void Set(JinjaValue key, JinjaValue value) => _members[key] = value;

    /// <summary>The value of a key that <see cref="KeyComparer.CanBeKey"/>; null where there is none.</summary>
    public JinjaValue? Find(JinjaValue key) => _members.TryGetValue(key, out var value) ? value : null;

    public override IEnumerable<JinjaValue> Items(RenderState state) => _members.Keys;
}
