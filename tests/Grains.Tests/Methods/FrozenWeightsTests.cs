using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>The forms of weights that do not train, on grains.</summary>
public sealed class FrozenWeightsTests
{
    private static readonly TrainingSpec s_spec = TinyStories.Spec(14) with { Dtype = "bfloat16", LisaIntervalSteps = 2 };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("mapped", "float32", true)]
    [InlineData("mapped", "bfloat16", false)]
    [InlineData("int8", "bfloat16", true)]
    [InlineData("int8", "float16", true)]
    [InlineData("nf4", "bfloat16", true)]
    [InlineData("nf4", "float32", false)]
    public async Task FrozenWeights_resumed_run_with_other_manifests_ends_with_the_same_bytes(string form, string dtype, bool ends)
    {
        var spec = s_spec with { FrozenWeights = form, Dtype = dtype, TrainEmbeddings = ends };
        using var straight = await TestRun.TrainAsync(spec with { SaveSteps = 0 });

        // Layers wake and sleep between manifests and at them, and are loaded from manifests of every kind.
        using var broken = await TestRun.ImportAsync(spec with { SaveSteps = 1 });
        foreach (var step in (long[])[1, 4, 9])
            Assert.Equal(RunState.Paused, (await broken.ContinueAsync(pauseAt: step)).State);
        await broken.FinishAsync();

        Assert.Equal((await straight.HistoryAsync()).Select(r => r.Loss), (await broken.HistoryAsync()).Select(r => r.Loss));
        Assert.Equal(await straight.WeightsShaAsync(), await broken.WeightsShaAsync());
    }

    [Theory]
    [InlineData("float32")]
    [InlineData("bfloat16")]
    public async Task FrozenWeights_mapped_changes_no_bit_and_may_change_on_resume(string dtype)
    {
        var spec = s_spec with { Dtype = dtype };
        using var whole = await TestRun.TrainAsync(spec);
        using var mapped = await TestRun.ImportAsync(spec with { FrozenWeights = "mapped" });
        await mapped.ContinueAsync(pauseAt: 5);
        var resumed = await RunImporter.ImportAsync(mapped.Store, TinyStories.Request(spec), null, Token);
        Assert.Equal((true, "whole"), (resumed.Resumed, resumed.Spec.FrozenWeights));
        await mapped.ContinueAsync(pauseAt: 9);
        await RunImporter.ImportAsync(mapped.Store, TinyStories.Request(spec with { FrozenWeights = "mapped" }), null, Token);
        await mapped.FinishAsync();

        Assert.Equal((await whole.HistoryAsync()).Select(r => r.Loss), (await mapped.HistoryAsync()).Select(r => r.Loss));
        Assert.Equal(await whole.WeightsShaAsync(), await mapped.WeightsShaAsync());
    }

    [Theory]
    [InlineData("mapped")]
    [InlineData("int8")]
    [InlineData("nf4")]
    public async Task FrozenWeights_what_did_not_train_is_exported_as_it_was(string form)
    {
        var spec = s_spec with { FrozenWeights = form, Dtype = "float32", LisaStrategy = "fixed", LisaFixedLayers = [2], LisaActivatedLayers = 2 };
        using var run = await TestRun.TrainAsync(spec);
        var (before, after) = (TestRun.ReadWeights(TinyStories.Model), await run.WeightsAsync());
        var changed = before.Keys.Where(n => !before[n].AsSpan().SequenceEqual(after[n]));
        string[] expected =
        [
            "model.embed_tokens.weight", "model.norm.weight",
            .. before.Keys.Where(n => n.StartsWith("model.layers.2.", StringComparison.Ordinal)),
        ];
        Assert.Equal(expected.Order(StringComparer.Ordinal), changed.Order(StringComparer.Ordinal));
    }

    // A layer's new weights are stored when it sleeps. The store then loses them, as if nothing had named them for a day.
    [Theory]
    [InlineData("mapped")]
    [InlineData("int8")]
    [InlineData("nf4")]
    public async Task FrozenWeights_weights_of_a_sleeping_layer_that_the_store_has_lost_are_trained_again(string form)
    {
        var spec = s_spec with { FrozenWeights = form, SaveSteps = 100 };
        using var undisturbed = await TestRun.TrainAsync(spec);
        using var run = await TestRun.ImportAsync(spec);
        var store = new ForgetfulStore(run.Store);
        var seen = new List<TrainingEvent>();
        var ended = await run.ContinueAsync(through: store, seen: seen);

        Assert.True(ended.State == RunState.Succeeded, ended.Error);
        Assert.Equal(1, store.Lost);
        Assert.Contains(seen, e => e is RunRecovering);
        Assert.Equal(await undisturbed.WeightsShaAsync(), await run.WeightsShaAsync());
    }

    [Fact]
    public async Task FrozenWeights_mapped_with_another_kind_of_store_or_number_is_refused_by_name()
    {
        var spec = s_spec with { FrozenWeights = "mapped" };
        using var folder = new TempFolder();
        var elsewhere = new RemoteStore(new FolderBlobStore(folder["store"]));
        var store = await Assert.ThrowsAsync<InvalidTrainingSettingException>(
            () => RunImporter.ImportAsync(elsewhere, TinyStories.Request(spec), null, Token));
        Assert.Equal("frozen_weights is mapped, which only works with a store in a folder; https://example.invalid/lisa is none", store.Message);

        var number = await Assert.ThrowsAsync<InvalidTrainingSettingException>(
            () => TestRun.ImportAsync(spec with { Dtype = "float16" }));
        Assert.Equal(("frozen_weights", true), (number.Setting, number.Message.Contains("computed in float32", StringComparison.Ordinal)));
    }

    // Loses the first blob of weights that is written while a run trains.
    private sealed class ForgetfulStore(IBlobStore inner) : DelegatingBlobStore(inner)
    {
        private readonly Lock _lock = new();
        private string? _lost;

        public int Lost { get; private set; }

        public override Task<bool> RenewAsync(BlobRef blob, CancellationToken cancellationToken)
        {
            lock (_lock)
            {
                if (Lost > 0) return base.RenewAsync(blob, cancellationToken);
                (Lost, _lost) = (1, blob.Sha256);
            }

            return Task.FromResult(false);
        }

        public override Task<bool> ExistsAsync(string sha256, CancellationToken cancellationToken) =>
            sha256 == _lost ? Task.FromResult(false) : base.ExistsAsync(sha256, cancellationToken);
    }

    private sealed class RemoteStore(IBlobStore inner) : DelegatingBlobStore(inner)
    {
        public override string Location => "https://example.invalid/lisa";
    }
}
