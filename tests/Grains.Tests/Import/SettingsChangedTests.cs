using System.Text.Json;
using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

public sealed class SettingsChangedTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ImportAsync_changed_settings_are_listed_with_both_values()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(5));
        var changed = TinyStories.Spec(5) with
        {
            LearningRate = 0.25,
            Seed = 6,
            LisaStrategy = "fixed",
            LisaFixedLayers = [1],
            MaxSteps = null,
            SaveSteps = 1,
            GradientCheckpointing = true,
        };

        var error = await Assert.ThrowsAsync<RunExistsException>(
            () => RunImporter.ImportAsync(run.Store, TinyStories.Request(changed), null, Token));

        Assert.Equal(
            [
                "learning_rate: was 0.001, now 0.25", "lisa_fixed_layers: was [], now [1]", "lisa_strategy: was \"uniform\", now \"fixed\"",
                "max_steps: was 5, now null", "seed: was 5, now 6",
            ],
            error.Differences.Order());
        Assert.All(error.Differences, d => Assert.Contains(d, error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task ImportAsync_other_weights_other_data_and_another_reading_of_it_are_listed()
    {
        using var folder = new TempFolder();
        using var run = await TestRun.ImportAsync(TinyStories.Spec(5));
        var request = TinyStories.Request(TinyStories.Spec(5), await TinyStories.UntiedAsync(folder, Token));
        var data = folder["less.jsonl"];
        await File.WriteAllLinesAsync(data, File.ReadLines(TinyStories.Data).Take(100), Token);
        request = request with { DataFile = data, EvalDataFile = data, Dataset = new DatasetSettings { TrainOnPrompt = true } };

        var error = await Assert.ThrowsAsync<RunExistsException>(() => RunImporter.ImportAsync(run.Store, request, null, Token));

        Assert.Equal(
            ["data_description", "evaluation data", "model weights", "training data"],
            error.Differences.Select(d => d.Split(':')[0]).Order());
        Assert.DoesNotContain("--resume", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ImportAsync_evaluation_data_that_are_new_are_not_taken_for_another_reading()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(5));
        var request = TinyStories.Request(TinyStories.Spec(5)) with { EvalDataFile = TinyStories.HeldOut };
        var error = await Assert.ThrowsAsync<RunExistsException>(() => RunImporter.ImportAsync(run.Store, request, null, Token));
        Assert.StartsWith("evaluation data: was none", Assert.Single(error.Differences), StringComparison.Ordinal);
        Assert.Null(error.Advice);
    }

    [Fact]
    public async Task ImportAsync_settings_that_change_no_bit_may_differ()
    {
        var request = TinyStories.Request(TinyStories.Spec(5)) with { EvalDataFile = TinyStories.HeldOut };
        using var run = await TestRun.ImportAsync(request);
        var free = request.Spec with { SaveSteps = 1, EvalSteps = 2, GradientCheckpointing = true };
        var outcome = await RunImporter.ImportAsync(run.Store, request with { Spec = free }, null, Token);
        Assert.True(outcome.Resumed);
        Assert.Equal(1, outcome.Spec.SaveSteps);
    }

    [Fact]
    public async Task ImportAsync_rule_and_split_that_older_builds_took_go_on()
    {
        var request = TinyStories.Request(TinyStories.Spec(5) with { SaveSteps = 2, KeepManifests = "every:2" }) with { EvalDataFile = TinyStories.Data };
        using var run = await TestRun.ImportAsync(request);
        var dataset = request.Dataset with { ValidationSplit = "validation" };
        await TamperedRun.ChangeAsync(run, onlyLater: false, (m, spec) => (m, spec with
        {
            KeepManifests = "every:3",
            DataDescription = RunSettings.Table.Describe(dataset),
        }));
        var again = request with { Spec = request.Spec with { KeepManifests = "every:3" }, Dataset = dataset, EvalDataFile = null };
        Assert.True((await RunImporter.ImportAsync(run.Store, again, null, Token)).Resumed);
        var other = again with { Spec = again.Spec with { RunName = "other" } };
        var error = await Assert.ThrowsAsync<InvalidTrainingSettingException>(() => RunImporter.ImportAsync(run.Store, other, null, Token));
        Assert.Equal("keep_manifests", error.Setting);
    }

    [Fact]
    public async Task ReadAsync_evaluations_of_a_run_without_evaluation_data_are_refused()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(5));
        var error = await Assert.ThrowsAsync<InvalidTrainingSettingException>(
            () => RunResumption.ReadAsync(run.Store, "test", Given.Of(("eval_steps", "2")), Token));
        Assert.Equal("eval_steps", error.Setting);
        Assert.Equal(0, (await RunResumption.ReadAsync(run.Store, "test", Given.Of(("eval_steps", "0")), Token)).Spec.EvalSteps);
    }

    [Fact]
    public async Task ReadAsync_same_settings_in_other_words_are_no_change()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(5) with { ComputeDtype = "float32", MaskSamples = [1, 3] });
        await TamperedRun.ChangeAsync(run, onlyLater: false, (m, s) => (m, s with { GradientLanes = 0 })); // From before there were lanes.
        var given = Given.Of(("dtype", "auto"), ("compute_dtype", "auto"), ("mask_samples", "3,1,3"), ("gradient_lanes", "1"));
        var (_, stored, spec) = await RunResumption.ReadAsync(run.Store, "test", given, Token);
        Assert.Equal(JsonSerializer.Serialize(stored), JsonSerializer.Serialize(spec));
    }
}
