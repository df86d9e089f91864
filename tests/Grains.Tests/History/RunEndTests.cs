using LisaOrleans.Silo;

namespace LisaOrleans.Grains.Tests;

/// <summary>Settings that say where and with what a run ends change no step, and are found all the same when they were changed.</summary>
public sealed class RunEndTests
{
    // Losses fall, so the earliest evaluation is the best where a greater loss is.
    private static readonly TrainingSpec s_spec = TinyStories.Spec(6) with
    {
        LrSchedulerType = "constant",
        SaveSteps = 2,
        EvalSteps = 2,
        GreaterIsBetter = true,
        KeepManifests = "all",
    };

    private static readonly Dictionary<string, (TrainingSpec Spec, Func<TrainingSpec, TrainingSpec> Change, string Says)> s_cases = new()
    {
        ["more steps"] = (s_spec, s => s with { MaxSteps = 8 }, "the run has ended after step 6, but by its settings it takes 8"),
        ["fewer steps"] = (s_spec, s => s with { MaxSteps = 4 }, "the run has taken 6 steps, but its settings make 4"),
        ["no early stopping"] = (
            s_spec with { EarlyStoppingPatience = 1 }, s => s with { EarlyStoppingPatience = 0 }, "the run has ended after step 4, but"),
        ["another best"] = (
            s_spec with { LoadBestModelAtEnd = true }, s => s with { GreaterIsBetter = null },
            "the list of manifests has that of step 2 as the best, by its settings it is that of step 6"),
        ["the best at the end"] = (
            s_spec, s => s with { LoadBestModelAtEnd = true }, "the run ends with the weights of step 6, by its settings with its best, those of step 2"),
        ["not the best at the end"] = (
            s_spec with { LoadBestModelAtEnd = true }, s => s with { LoadBestModelAtEnd = false }, "the last manifest has another embedding than"),
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Cases => [.. s_cases.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task VerifyAsync_changed_setting_of_the_end_is_found(string name)
    {
        var (spec, change, says) = s_cases[name];
        using var run = await TestRun.ImportAsync(spec, evalFile: TinyStories.HeldOut);
        await run.FinishAsync();
        Assert.Null((await RunVerifier.VerifyAsync(run.Store, "test", null, null, Token)).Difference);
        await TamperedRun.ChangeAsync(run, onlyLater: false, (m, s) => (m, change(s)));
        Assert.StartsWith(says, (await RunVerifier.VerifyAsync(run.Store, "test", null, null, Token)).Difference, StringComparison.Ordinal);
    }
}
