namespace LisaOrleans.Dashboard;

/// <summary>One or more consecutive steps of a curve.</summary>
internal readonly record struct CurvePoint
{
    /// <summary>A point of one step.</summary>
    public CurvePoint(StepRecord record)
    {
        First = Last = record.Step;
        LossSum = Low = High = record.Loss;
        (LearningRate, Tokens, Seconds, Time) = (record.LearningRate, record.Tokens, record.Seconds, record.Time);
        if (record.EvalLoss is { } eval) (EvalStep, EvalLoss) = (record.Step, eval);
        RewardSums = record.Rewards;
    }

    public long First { get; private init; }

    public long Last { get; private init; }

    public double LossSum { get; private init; }

    /// <summary>The lowest loss of its steps.</summary>
    public double Low { get; private init; }

    /// <summary>The highest loss of its steps.</summary>
    public double High { get; private init; }

    /// <summary>The learning rate of its last step.</summary>
    public double LearningRate { get; private init; }

    public long Tokens { get; private init; }

    public double Seconds { get; private init; }

    /// <summary>When its last step was committed.</summary>
    public DateTimeOffset Time { get; private init; }

    /// <summary>The last of its steps that was evaluated, if any.</summary>
    public long? EvalStep { get; private init; }

    public double? EvalLoss { get; private init; }

    /// <summary>Means over its steps; null where a run does not learn from pairs.</summary>
    public PairRewards? Rewards =>
        RewardSums is { } sums ? new PairRewards(sums.Chosen / Steps, sums.Rejected / Steps, sums.Accuracies / Steps) : null;

    private PairRewards? RewardSums { get; init; }

    private long Steps => Last - First + 1;

    public double Loss => LossSum / Steps;

    public double TokensPerSecond => Seconds > 0 ? Tokens / Seconds : 0;

    /// <summary>This point and the next as one.</summary>
    public CurvePoint With(CurvePoint next) => next with
    {
        First = First,
        LossSum = LossSum + next.LossSum,
        Low = Math.Min(Low, next.Low),
        High = Math.Max(High, next.High),
        Tokens = Tokens + next.Tokens,
        Seconds = Seconds + next.Seconds,
        EvalStep = next.EvalStep ?? EvalStep,
        EvalLoss = next.EvalLoss ?? EvalLoss,
        RewardSums = RewardSums is { } own && next.RewardSums is { } others
            ? new PairRewards(own.Chosen + others.Chosen, own.Rejected + others.Rejected, own.Accuracies + others.Accuracies)
            : null,
    };
}
