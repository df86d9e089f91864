using System.ComponentModel.DataAnnotations;

namespace LisaOrleans;

/// <content>Which manifests a run keeps, and when it ends before its last step.</content>
public sealed partial record TrainingSpec
{
    private const string KeepRule = "(last|base|all|[1-9][0-9]{0,8}|every:[1-9][0-9]{0,8}|best:(eval_)?loss)";

    /// <value>
    /// Manifests to keep: <c>last</c> (default), <c>base</c> (the one that the run begins with), a number of the last ones, <c>all</c>,
    /// <c>every:K</c> steps, <c>best:eval_loss</c>; or several of these with commas between.
    /// </value>
    [Id(90)]
    [Setting("manifests to keep, so that the run can be forked from them and its steps be repeated: last, a number of the last ones, all, "
        + "every:K steps, best:eval_loss, base (the one that it begins with); or several of these with commas between. all and every:K keep the "
        + "base, too", IsList = true, ChangesNoBit = true)]
    [RegularExpression(KeepRule + "(," + KeepRule + ")*",
        ErrorMessage = "last, base, all, a number, every:K or best:eval_loss, or several of these with commas between")]
    [OverriddenBy(nameof(SaveTotalLimit))]
    public string KeepManifests { get; init; } = "last";

    /// <value>Most manifests that are kept, as Hugging Face counts them; null (default) for what <see cref="KeepManifests"/> says.</value>
    [Id(91)]
    [Setting("most manifests to keep; with {load_best_model_at_end} the best is one of them, and never goes", ChangesNoBit = true,
        DefaultText = "as keep_manifests says")]
    [Range(1, int.MaxValue), OverriddenBy(nameof(KeepManifests))]
    public int? SaveTotalLimit { get; init; }

    /// <value>Whether the run ends with the weights of its best manifest instead of its last. Default false.</value>
    [Id(92)]
    [Setting("end with the weights of the manifest that scored best on the evaluation data", ChangesNoBit = true)]
    public bool LoadBestModelAtEnd { get; init; }

    /// <value>What says which manifest is the best: <c>loss</c> (default) and <c>eval_loss</c> both are the evaluation's loss.</value>
    [Id(93)]
    [Setting("what says which manifest is the best; both words mean the loss on the evaluation data", ChangesNoBit = true,
        Choices = ["loss", "eval_loss"])]
    public string MetricForBestModel { get; init; } = "loss";

    /// <value>Whether a greater value of the metric is better; null (default) for not, as the metric is a loss.</value>
    [Id(94)]
    [Setting("whether a greater value of {metric_for_best_model} is better", ChangesNoBit = true, DefaultText = "false, for a loss")]
    public bool? GreaterIsBetter { get; init; }

    /// <value>Evaluations in a row without a better one after which the run ends; 0 (default) for never.</value>
    [Id(95)]
    [Setting("end after this many evaluations in a row that are not better than the best before; 0 goes on to the last step",
        ChangesNoBit = true)]
    [Range(0, int.MaxValue)]
    public int EarlyStoppingPatience { get; init; }

    /// <value>By how much an evaluation must be better to count as better for <see cref="EarlyStoppingPatience"/>. Default 0.</value>
    [Id(96)]
    [Setting("by how much an evaluation must be better to count for {early_stopping_patience}", ChangesNoBit = true)]
    [Range(0, double.MaxValue)]
    public double EarlyStoppingThreshold { get; init; }
}
