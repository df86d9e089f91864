using System.Globalization;

namespace LisaOrleans.Training;

/// <summary>Compares a step as a run logged it with the same step repeated, digit by digit. Times do not count.</summary>
public static class StepDifference
{
    private const string Evaluated = "the evaluation data or what the step made of the weights, as by another setting of the optimizer";

    /// <summary>What differs first, and what that points to; null where nothing does.</summary>
    /// <param name="had">The step in the run's log.</param>
    /// <param name="repeated">The step as it was repeated.</param>
    public static string? Find(StepRecord had, StepRecord repeated) =>
        FindPlanned(had, repeated)
        ?? Number("loss", had.Loss, repeated.Loss, null)
        ?? Number("gradient norm", had.GradNorm, repeated.GradNorm, null)
        ?? (had.LayerGradNorms.Count == 0 || repeated.LayerGradNorms.Count == 0 ? null
            : had.LayerGradNorms.Zip(repeated.LayerGradNorms, (a, b) => Number("gradient norm of a layer", a, b, null))
                .FirstOrDefault(d => d is not null))
        ?? Rewards("", had.Rewards, repeated.Rewards, null)
        ?? (had.EvalLoss is { } was && repeated.EvalLoss is { } now ? Number("evaluation loss", was, now, Evaluated) : null)
        ?? Rewards("evaluation ", had.EvalRewards, repeated.EvalRewards, Evaluated);

    /// <summary>The same for what follows from settings and data alone, whatever the arithmetic of a machine makes of it.</summary>
    /// <param name="had">The step in the run's log.</param>
    /// <param name="repeated">The step as it was repeated.</param>
    public static string? FindPlanned(StepRecord had, StepRecord repeated) =>
        List("samples", had.Samples, repeated.Samples, "the seed, the batches, masked samples or the number of samples")
        ?? Text("tokens", $"{had.Tokens}", $"{repeated.Tokens}", "the training data")
        ?? List("active layers", had.ActiveLayers, repeated.ActiveLayers, "the method, the sampling of layers or the seed")
        ?? Number("learning rate", had.LearningRate, repeated.LearningRate, "learning_rate, its schedule or the number of steps")
        ?? Number("epoch", had.Epoch, repeated.Epoch, "the number of samples or the batches");

    private static string? Number(string what, double had, double repeated, string? cause) =>
        Text(what, had.ToString("R", CultureInfo.InvariantCulture), repeated.ToString("R", CultureInfo.InvariantCulture), cause);

    // Of other runs than those of pairs, and where nothing was evaluated, there are none.
    private static string? Rewards(string what, PairRewards? had, PairRewards? repeated, string? cause) =>
        had is null || repeated is null ? null
            : had.Named.Zip(repeated.Named, (a, b) => Number($"{what}{a.Name}", a.Value, b.Value, cause)).FirstOrDefault(d => d is not null);

    private static string? List(string what, IReadOnlyList<int> had, IReadOnlyList<int> repeated, string cause) =>
        Text(what, Shorten(string.Join(',', had)), Shorten(string.Join(',', repeated)), cause, had.SequenceEqual(repeated));

    private static string? Text(string what, string had, string repeated, string? cause, bool? same = null) =>
        (same ?? had == repeated)
            ? null
            : $"{what}: the run has {had}, repeated it is {repeated}{(cause is null ? "" : $"; this follows from {cause}")}";

    private static string Shorten(string list) => list.Length <= 120 ? list : list[..120] + "…";
}
