namespace LisaOrleans.Data.Jinja;

/// <summary>Variables of a template, a macro's call, or one pass of a loop; what is not here is looked up outside.</summary>
internal sealed class Scope(Scope? outer)
{
    // A scope holds a handful, and the parser interns names: comparing references beats hashing.
    private string[] _names = [];
    private JinjaValue[] _values = [];
    private int _count;

    public JinjaValue? Find(string name)
    {
        for (var scope = this; scope is not null; scope = scope.Outer)
        {
            for (var i = 0; i < scope._count; i++)
                if (ReferenceEquals(scope._names[i], name)) return scope._values[i];
        }

        return null;
    }

    /// <param name="name">An interned name.</param>
    /// <param name="value">Its value from now on.</param>
    public void Set(string name, JinjaValue value)
    {
        for (var i = 0; i < _count; i++)
        {
            if (!ReferenceEquals(_names[i], name)) continue;
            _values[i] = value;
            return;
        }

        if (_count == _names.Length)
        {
            Array.Resize(ref _names, Math.Max(4, _count * 2));
            Array.Resize(ref _values, _names.Length);
        }

        (_names[_count], _values[_count]) = (name, value);
        _count++;
    }

    private Scope? Outer { get; } = outer;
}
