namespace LisaOrleans.Dashboard;

/// <summary>
/// The curves of a run in bounded memory: a point stands for a number of steps (the stride), and when there are too many
/// points, the stride doubles. What a point stands for depends only on the steps, so every silo draws the same curve.
/// </summary>
internal sealed class StepCurve
{
    /// <summary>Never more points than this.</summary>
    public const int Capacity = 2000;

    private List<CurvePoint> _points = [];

    /// <summary>Steps per point.</summary>
    public long Stride { get; private set; } = 1;

    /// <summary>All points, ascending.</summary>
    public IReadOnlyList<CurvePoint> Points => _points;

    /// <summary>Adds the next step.</summary>
    public void Add(StepRecord record)
    {
        Add(_points, new CurvePoint(record));
        if (_points.Count <= Capacity) return;
        Stride *= 2;
        var merged = new List<CurvePoint>(Capacity);
        foreach (var point in _points) Add(merged, point);
        _points = merged;
    }

    private void Add(List<CurvePoint> points, CurvePoint next)
    {
        if (points.Count > 0 && (points[^1].Last - 1) / Stride == (next.Last - 1) / Stride) points[^1] = points[^1].With(next);
        else points.Add(next);
    }
}
