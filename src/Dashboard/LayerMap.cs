namespace LisaOrleans.Dashboard;

/// <summary>
/// Which layers were active in which period, in bounded memory: as in <see cref="StepCurve"/>, a column stands for one or more
/// periods. For each layer it counts in how many of them the layer was active.
/// </summary>
internal sealed class LayerMap(int layerCount)
{
    /// <summary>Never more columns than this.</summary>
    public const int Capacity = 400;

    private List<Column> _columns = [];
    private long _last = -1;

    /// <summary>Periods per column.</summary>
    public long Stride { get; private set; } = 1;

    /// <summary>All columns, ascending.</summary>
    public IReadOnlyList<Column> Columns => _columns;

    /// <summary>Adds a step's period, unless it is already there.</summary>
    public void Add(long period, IReadOnlyList<int> layers)
    {
        if (period <= _last) return;
        _last = period;
        var counts = new int[layerCount];
        foreach (var layer in layers) counts[layer]++;
        Add(_columns, new Column(period, period, counts));
        if (_columns.Count <= Capacity) return;
        Stride *= 2;
        var merged = new List<Column>(Capacity);
        foreach (var column in _columns) Add(merged, column);
        _columns = merged;
    }

    private void Add(List<Column> columns, Column next)
    {
        if (columns.Count > 0 && columns[^1].Last / Stride == next.Last / Stride)
            columns[^1] = new Column(columns[^1].First, next.Last, [.. columns[^1].Counts.Zip(next.Counts, (a, b) => a + b)]);
        else columns.Add(next);
    }

    /// <summary>Consecutive periods.</summary>
    /// <param name="First">The first, from 0.</param>
    /// <param name="Last">The last.</param>
    /// <param name="Counts">For each layer, in how many of the periods it was active.</param>
    internal sealed record Column(long First, long Last, int[] Counts);
}
