using LisaOrleans.Training;

namespace LisaOrleans.Dashboard;

/// <summary>What a page that follows a run has not seen yet.</summary>
internal sealed record RunAnswer
{
    /// <value>Names the memory that this answer comes from. A page that knows another name starts over.</value>
    public required string View { get; init; }

    /// <value>Whether this is everything, rather than only what is new since the page's last question.</value>
    public required bool Whole { get; init; }

    /// <value>Whether earlier steps are still being read.</value>
    public required bool Loading { get; init; }

    /// <value>Whether the run answered just now; if not, the status is the last known one.</value>
    public required bool Live { get; init; }

    public required RunStatus Status { get; init; }

    public TrainingSpec? Spec { get; init; }

    public RunOrigin? Origin { get; init; }

    public RunData? Data { get; init; }

    /// <value>The replica that keeps the optimizer state of each part, while the run trains.</value>
    public IReadOnlyDictionary<string, int> Owners =>
        Status.Stages.SelectMany(s => s.Parts).Distinct().ToDictionary(p => p, new StagePlan(Status.Stages).OwnerOf);

    public required CurveAnswer Curve { get; init; }

    public required LayersAnswer Layers { get; init; }

    public required ManifestsAnswer Manifests { get; init; }

    public required IReadOnlyList<TrainingEvent> Events { get; init; }

    public required IReadOnlyDictionary<string, PartMemory> Memory { get; init; }

    /// <summary>Points of curves, column by column.</summary>
    internal sealed record CurveAnswer(
        long Stride, long[] First, long[] Last, float[] Loss, float[] Low, float[] High, float[] LearningRate, float[] TokensPerSecond,
        double[] Time, long?[] EvalStep, float?[] EvalLoss, float?[] Chosen, float?[] Rejected, float?[] Margin, float?[] Accuracy)
    {
        public static CurveAnswer From(StepCurve curve, long after)
        {
            CurvePoint[] p = [.. curve.Points.Where(p => p.Last > after)];
            return new CurveAnswer(
                curve.Stride, [.. p.Select(x => x.First)], [.. p.Select(x => x.Last)],
                [.. p.Select(x => (float)x.Loss)], [.. p.Select(x => (float)x.Low)],
                [.. p.Select(x => (float)x.High)], [.. p.Select(x => (float)x.LearningRate)], [.. p.Select(x => (float)x.TokensPerSecond)],
                [.. p.Select(x => x.Time.ToUnixTimeMilliseconds() / 1e3)], [.. p.Select(x => x.EvalStep)], [.. p.Select(x => (float?)x.EvalLoss)],
                [.. p.Select(x => (float?)x.Rewards?.Chosen)], [.. p.Select(x => (float?)x.Rewards?.Rejected)],
                [.. p.Select(x => (float?)x.Rewards?.Margins)], [.. p.Select(x => (float?)x.Rewards?.Accuracies)]);
        }
    }

    /// <summary>Columns of the map of periods and layers, with a description of the method and the periods to come.</summary>
    internal sealed record LayersAnswer(
        long Stride, long Interval, int Count, IReadOnlyList<LayerMap.Column> Columns, string? Method, IReadOnlyList<PeriodLayers> Coming);

    /// <summary>Sums over all manifests.</summary>
    internal sealed record ManifestsAnswer(long Count, long Bytes, double StallSeconds);
}
