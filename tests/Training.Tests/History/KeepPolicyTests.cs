using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training.Tests;

/// <summary>Which manifests a run keeps, told by what is left when it has saved one every ten steps.</summary>
public sealed class KeepPolicyTests
{
    private const int Steps = 60;

    [Theory]
    [InlineData("last", "60")]
    [InlineData("1", "60")]
    [InlineData("2", "50 60")]
    [InlineData("100", "10 20 30 40 50 60")]
    [InlineData("all", "0 10 20 30 40 50 60")]
    [InlineData("base", "0 60")]
    [InlineData("every:30", "0 30 60")]
    [InlineData("every:25", "0 50 60")]
    [InlineData("best:eval_loss", "20 60")]
    [InlineData("best:loss,2", "20 50 60")]
    [InlineData("base,every:40,best:eval_loss", "0 20 40 60")]
    public void Choose_after_every_save_keeps_what_the_rule_says(string rule, string kept) =>
        Assert.Equal(kept, Run(Spec with { KeepManifests = rule }));

    // What transformers' rotate_checkpoints leaves of checkpoints 10 to 60 with the best at 20.
    [Theory]
    [InlineData(1, false, "60")]
    [InlineData(3, false, "40 50 60")]
    [InlineData(1, true, "20 60")]
    [InlineData(2, true, "20 60")]
    [InlineData(3, true, "20 50 60")]
    public void Choose_save_total_limit_counts_as_Hugging_Face_does(int limit, bool loadBest, string kept) =>
        Assert.Equal(kept, Run(Spec with { SaveTotalLimit = limit, LoadBestModelAtEnd = loadBest }));

    [Fact]
    public void Choose_greater_is_better_turns_the_order_round() =>
        Assert.Equal("40 60", Run(Spec with { KeepManifests = "best:eval_loss", GreaterIsBetter = true }));

    [Fact]
    public void Choose_manifest_of_an_interruption_is_never_the_best()
    {
        var policy = KeepPolicy.Of(Spec with { KeepManifests = "best:eval_loss" });
        var kept = policy.Choose([Saved(10, 3), Saved(13, 1), Saved(20, 2)], 0, isEnd: false);
        Assert.Equal([20L], kept.Select(k => k.Step));
        Assert.True(kept[0].IsBest);
    }

    [Fact]
    public void Choose_of_equals_the_first_stays_the_best()
    {
        var kept = KeepPolicy.Of(Spec with { KeepManifests = "all" }).Choose([Saved(10, 2), Saved(20, 2), Saved(30, null)], 0, isEnd: false);
        Assert.Equal([true, false, false], kept.Select(k => k.IsBest));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(2)]
    public void Choose_fork_that_has_made_no_step_keeps_its_base(int? limit)
    {
        var policy = KeepPolicy.Of(Spec with { SaveTotalLimit = limit, LoadBestModelAtEnd = true });
        Assert.Equal([20L], policy.Choose([Saved(20, 1)], 20, isEnd: false).Select(k => k.Step));
    }

    [Fact]
    public void Choose_base_of_a_fork_is_where_it_was_forked()
    {
        var kept = KeepPolicy.Of(Spec with { KeepManifests = "base" }).Choose([Saved(15, null), Saved(20, 1), Saved(30, 1)], 15, isEnd: false);
        Assert.Equal([15L, 30L], kept.Select(k => k.Step));
    }

    [Fact]
    public void Choose_best_from_before_a_fork_stays_until_one_is_better()
    {
        var policy = KeepPolicy.Of(Spec with { KeepManifests = "all", LoadBestModelAtEnd = true });
        var kept = policy.Choose([Saved(10, 1), Saved(20, 5), Saved(30, 5)], 20, isEnd: false);
        Assert.Equal([(10, true), (20, false), (30, false)], kept.Select(k => (k.Step, k.IsBest)));
        kept = policy.Choose([.. kept, Saved(40, 0.5)], 20, isEnd: false);
        Assert.Equal([20L, 30, 40], kept.Select(k => k.Step));
        Assert.Equal(10, policy.BestBefore([Saved(10, 1), Saved(13, 0), Saved(20, 2), Saved(30, 0)], 30)!.Step);
        Assert.Null(policy.BestBefore([Saved(10, null), Saved(30, 0)], 30));
    }

    [Theory]
    [InlineData("load_best_model_at_end")]
    [InlineData("keep_manifests")]
    [InlineData("early_stopping_patience")]
    public void Check_without_evaluation_data_names_the_setting(string setting)
    {
        var spec = With(Spec, setting);
        EvaluationRules.CheckUse(spec, evaluates: true);
        Assert.Equal(setting, Assert.Throws<InvalidTrainingSettingException>(() => EvaluationRules.CheckUse(spec, false)).Setting);
        var never = Assert.Throws<InvalidTrainingSettingException>(() => EvaluationRules.CheckUse(spec with { EvalSteps = 0 }, true));
        Assert.Equal((setting, "needs {eval_steps} above 0"), (never.Setting, never.Problem));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    public void Check_manifests_that_are_not_scored_cannot_be_the_best(int saveSteps)
    {
        var spec = Spec with { LoadBestModelAtEnd = true, SaveSteps = saveSteps };
        var e = Assert.Throws<InvalidTrainingSettingException>(() => EvaluationRules.CheckUse(spec, evaluates: true));
        Assert.Contains("{save_steps} to be a multiple of {eval_steps}", e.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_settings_that_say_the_same_twice_are_refused()
    {
        var both = Spec with { SaveTotalLimit = 3, KeepManifests = "5" };
        Assert.Equal("save_total_limit", Refused(both));
        var alone = Spec with { EarlyStoppingThreshold = 0.1 };
        Assert.Equal("early_stopping_threshold", Refused(alone));

        static string Refused(TrainingSpec spec) =>
            Assert.Throws<InvalidTrainingSettingException>(() => EvaluationRules.CheckUse(spec, evaluates: true)).Setting;
    }

    [Theory]
    [InlineData("every:20", 10, true)]
    [InlineData("2,every:10", 10, true)]
    [InlineData("every:75", 50, false)]
    [InlineData("base,every:50,every:75", 50, false)]
    [InlineData("every:50", 0, false)]
    public void Check_rule_of_steps_that_are_not_saved_is_refused_unless_it_was_there(string rule, int saveSteps, bool isFine)
    {
        var spec = Spec with { KeepManifests = rule, SaveSteps = saveSteps };
        TrainingSpecValidator.CheckEvaluation(spec, was: spec, evaluates: true);
        var error = Record.Exception(() => TrainingSpecValidator.CheckEvaluation(spec, was: Spec, evaluates: true));
        if (isFine) Assert.Null(error);
        else Assert.Equal("keep_manifests", Assert.IsType<InvalidTrainingSettingException>(error).Setting);
    }

    [Theory]
    [InlineData("")]
    [InlineData("first")]
    [InlineData("0")]
    [InlineData("every:0")]
    [InlineData("best:accuracy")]
    [InlineData("last,")]
    [InlineData("1000000000000")]
    public void Check_word_that_is_no_rule_is_refused(string rule)
    {
        var e = Assert.Throws<InvalidTrainingSettingException>(() => RunSettings.Table.Check(Spec with { KeepManifests = rule }));
        Assert.Equal("keep_manifests", e.Setting);
        Assert.Contains("every:K or best:eval_loss", e.Problem, StringComparison.Ordinal);
    }

    private static TrainingSpec Spec { get; } = new() { RunName = "r", SaveSteps = 10, EvalSteps = 10 };

    private static TrainingSpec With(TrainingSpec spec, string setting) => setting switch
    {
        "load_best_model_at_end" => spec with { LoadBestModelAtEnd = true },
        "keep_manifests" => spec with { KeepManifests = "2,best:loss" },
        _ => spec with { EarlyStoppingPatience = 2 },
    };

    // The loss is least at step 20, and greatest at step 40.
    private static string Run(TrainingSpec spec)
    {
        var policy = KeepPolicy.Of(spec);
        IReadOnlyList<KeptManifest> kept = [Saved(0, null)];
        for (var step = 10; step <= Steps; step += 10)
            kept = policy.Choose([.. kept, Saved(step, step == 20 ? 1 : step == 40 ? 9 : 5)], 0, isEnd: step == Steps);
        return string.Join(' ', kept.Select(k => k.Step));
    }

    private static KeptManifest Saved(long step, double? loss) =>
        new(step, new BlobRef(new string('a', 60) + $"{step:0000}", 1), 1, DateTimeOffset.UnixEpoch) { EvalLoss = loss };
}
