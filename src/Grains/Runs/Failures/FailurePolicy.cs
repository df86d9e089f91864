using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Grains;

/// <summary>
/// How a run reacts to each kind of failure. The first rule that matches applies; where none matches, the run retries.
/// </summary>
internal sealed record FailurePolicy
{
    /// <value>The policy of every run.</value>
    public static FailurePolicy Default { get; } = new();

    /// <value>The rules, in the order in which they are tried.</value>
    public IReadOnlyList<FailureRule> Rules { get; init; } =
    [
        FailureRule.For<StaleGenerationException>(FailureAction.GiveWay),
        FailureRule.For<RunHeldException>(FailureAction.GiveWay),
        FailureRule.For<RunEndedException>(FailureAction.Stop),
        FailureRule.For<QueuedException>(FailureAction.WaitForSilos),
        FailureRule.For<NoRoomException>(FailureAction.WaitForRoom),
        FailureRule.For<StoreRefusedException>(FailureAction.Pause),
        FailureRule.For<TrainingDivergedException>(FailureAction.Fail),
        FailureRule.For<InvalidTrainingSettingException>(FailureAction.Fail),

        // By the time one of these is thrown, the blob has been read again where that might help.
        FailureRule.For<InvalidDataFileException>(FailureAction.Fail),
        FailureRule.For<BlobMissingException>(FailureAction.Fail),
        FailureRule.For<BlobCorruptException>(FailureAction.Fail),
        FailureRule.For<Model.ModelConfigException>(FailureAction.Fail),
        FailureRule.For<Data.DatasetException>(FailureAction.Fail),
    ];

    /// <value>
    /// More failures in a row than this, without a committed step in between or each at the same step, end the run once they have
    /// also lasted for <see cref="RetryPatience"/>: what repeats for that long will not go away. Default 8.
    /// </value>
    public int MaxRetries { get; init; } = 8;

    /// <value>How long a store or a network may be unreachable. Default 3 min.</value>
    public TimeSpan RetryPatience { get; init; } = TimeSpan.FromMinutes(3);

    /// <value>How long a run waits if the silos that it was given are too small. Default 10 min.</value>
    public TimeSpan RoomPatience { get; init; } = TimeSpan.FromMinutes(10);

    /// <value>The wait before the run asks again for silos or for room. Default 250 ms.</value>
    public TimeSpan WaitPause { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <value>The wait after the first failure is twice this, and doubles with each that follows. Default 50 ms.</value>
    public TimeSpan RetryPause { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <value>The longest wait after a failure. Default 2 s.</value>
    public TimeSpan LongestRetryPause { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>What is done about a failure, whatever came before it.</summary>
    public FailureAction ActionFor(Exception failure) => Rules.FirstOrDefault(r => r.Is(failure))?.Action ?? FailureAction.Retry;
}
