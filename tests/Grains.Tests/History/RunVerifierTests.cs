using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;
using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>Runs that were not touched repeat to the bit; what was changed afterwards is found, and named.</summary>
public sealed class RunVerifierTests
{
    private static readonly TrainingSpec s_lisa = TinyStories.Spec(6) with { SaveSteps = 2, KeepManifests = "all" };

    private static readonly Dictionary<string, TrainingSpec> s_methods = new()
    {
        ["lisa, gradient norms"] = s_lisa with { LisaStrategy = "gradient-norm", LisaIntervalSteps = 2 },
        ["lisa, moments kept, nf4, only base"] = s_lisa with
        {
            LisaActivatedLayers = 4,
            LisaIntervalSteps = 1,
            LisaKeepOptimizerState = true,
            FrozenWeights = "nf4",
            KeepManifests = "base",
        },
        ["full, packed"] = TinyStories.FullSpec(4) with { Packing = true, KeepManifests = "all", SaveSteps = 1, GradientAccumulationSteps = 2 },
        ["galore"] = TinyStories.FullSpec(5) with { Method = "galore", GaloreRank = 8, GaloreUpdateProjGap = 2, KeepManifests = "all" },
        ["apollo"] = TinyStories.FullSpec(5) with { Method = "apollo", ApolloRank = 8, ApolloUpdateProjGap = 2, KeepManifests = "all" },
        ["badam"] = TinyStories.BadamSpec(5, interval: 2) with { KeepManifests = "all" },
        ["lora with dropout"] = TinyStories.LoraSpec(5) with { LoraDropout = 0.1, KeepManifests = "all" },
        ["qlora, dora"] = TinyStories.LoraSpec(4) with { Method = "qlora", UseDora = true, SaveSteps = 2, KeepManifests = "all" },
        ["int8, 8 bits, bfloat16, only base"] = s_lisa with
        {
            FrozenWeights = "int8",
            Optim = "adamw-8bit",
            Dtype = "bfloat16",
            KeepManifests = "base",
        },
        ["mapped"] = s_lisa with { FrozenWeights = "mapped", LisaIntervalSteps = 2, MaxSteps = 4 },
        ["dpo"] = s_lisa with { Objective = "dpo", PerDeviceTrainBatchSize = 2, MaxSteps = 4 },
        ["orpo, lora"] = TinyStories.LoraSpec(4) with { Objective = "orpo", PerDeviceTrainBatchSize = 2, SaveSteps = 2, KeepManifests = "all" },
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Methods => [.. s_methods.Keys];

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task VerifyAsync_untouched_run_that_was_interrupted_repeats_to_the_bit(string method)
    {
        var request = TinyStories.Request(s_methods[method]);
        using var run = await TestRun.ImportAsync(request.Spec.Objective == "sft" ? request : request with { DataFile = TinyStories.Pairs });
        await run.ContinueAsync(pauseAt: 1);
        await run.FinishAsync();
        var before = await run.ManifestAsync();
        var verified = await VerifyAsync(run);
        Assert.Null(verified.Difference);
        Assert.Equal<(long?, long?)>((0, s_methods[method].MaxSteps), (verified.From, verified.Last));
        Assert.Equal(before, await run.ManifestAsync(), new SameJson());
    }

    [Fact]
    public async Task VerifyAsync_some_steps_begin_with_the_manifest_before_them()
    {
        using var run = await TestRun.TrainAsync(s_lisa);
        var steps = new List<long>();
        var verified = await RunVerifier.VerifyAsync(run.Store, "test", (4, 5), (step, _) => steps.Add(step), Token);
        Assert.Null(verified.Difference);
        Assert.Equal([3L, 4, 5], steps);
        Assert.Equal([2L, 4], verified.Manifests.Select(m => m.Step));

        // Somebody lets the run keep less before it has been read: what it keeps then is repeated, if that can be.
        var fewer = await RunVerifier.VerifyAsync(await LeavingAsync("every:4", read: 2), "test", null, null, Token);
        Assert.Null(fewer.Difference);
        Assert.Equal([0L, 4, 6], fewer.Manifests.Select(m => m.Step));
        var left = await LeavingAsync("last", read: 4);
        var gone = await Assert.ThrowsAsync<InvalidDataFileException>(() => RunVerifier.VerifyAsync(left, "test", null, null, Token));
        Assert.Contains("it keeps only that of step 6", gone.Message, StringComparison.Ordinal);

        using var last = await TestRun.TrainAsync(s_lisa with { KeepManifests = "last" });
        var refused = await Assert.ThrowsAsync<InvalidDataFileException>(() => VerifyAsync(last));
        Assert.Contains("--keep-manifests", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidDataFileException>(() => RunVerifier.VerifyAsync(run.Store, "test", (1, 7), null, Token));

        async Task<PrunedMeanwhile> LeavingAsync(string keep, long read) => new(
            run.Store, keep, (await RunManifests.ReadAsync(run.Store, ManifestAddress.At("test", read), Token)).Blob.Sha256);
    }

    // Paused between, as the settings of a run can change only then.
    [Theory]
    [InlineData(1, 2)]
    [InlineData(0, 2)]
    public async Task VerifyAsync_run_whose_early_stopping_was_changed_repeats_to_the_bit(int first, int then)
    {
        // Losses fall, so with a greater one taken for better, the first evaluation is the best and no later one is.
        var spec = TinyStories.Spec(8) with { SaveSteps = 2, EvalSteps = 2, GreaterIsBetter = true, KeepManifests = "all" };
        var request = TinyStories.Request(spec with { EarlyStoppingPatience = first }) with { EvalDataFile = TinyStories.HeldOut };
        using var run = await TestRun.ImportAsync(request);
        Assert.Equal(RunState.Paused, (await run.ContinueAsync(options: new RunOptions { LastStep = 3 })).State);
        await RunImporter.ImportAsync(run.Store, request with { Spec = spec with { EarlyStoppingPatience = then } }, null, Token);
        await run.FinishAsync();
        var manifest = await run.ManifestAsync();
        Assert.Equal((6L, true), (manifest.Step, manifest.Completed));
        var verified = await VerifyAsync(run);
        Assert.Null(verified.Difference);
        Assert.Equal([0L, 2, 3, 4, 6], verified.Manifests.Select(m => m.Step));
    }

    // Whatever the steps: an attestation says that the run is whole.
    [Fact]
    public async Task VerifyAsync_flipped_bit_is_the_difference_and_is_named()
    {
        using var run = await TestRun.TrainAsync(s_lisa);
        var manifests = (await RunManifests.FindAsync(run.Store, "test", Token))!;
        var last = await run.ManifestAsync();
        foreach (var (blob, what) in ((BlobRef, string)[])
            [
                (last.Part("layer-2").Weights, "the weights of layer-2"),
                (last.Log[^1].Blob, $"the log of steps {last.Log[^1].FirstStep} to 6"),
                (manifests.Last, "the manifest of step 6"),
                (manifests.Kept[1].Manifest, "the manifest of step 2"),
                (manifests.Head.Kept![0].Blob, "the list of manifests"),
                (manifests.Head.Journal![^1].Blob, "the journal"),
            ])
        {
            DamagedBlobs.Damage(run.Store.Location, blob.Sha256);
            var verified = await RunVerifier.VerifyAsync(run.Store, "test", (1, 2), null, Token);
            Assert.Contains($"{what} of run 'test' (blob {blob.Sha256}) is damaged", verified.Difference, StringComparison.Ordinal);
            Assert.Null(verified.From);

            // The same again puts it back.
            DamagedBlobs.Damage(run.Store.Location, blob.Sha256);
        }

        Assert.Null((await RunVerifier.VerifyAsync(run.Store, "test", (1, 2), null, Token)).Difference);
    }

    [Theory]
    [InlineData(true, "a setting was changed between the manifests of steps 0 and 2: weight_decay: was 0, now 0.25")]
    [InlineData(false, "step 2: loss: the run has ")]
    public async Task VerifyAsync_changed_setting_is_found(bool onlyLater, string says)
    {
        using var run = await TestRun.TrainAsync(s_lisa);
        await TamperedRun.ChangeAsync(run, onlyLater, (m, spec) => (m, spec with { WeightDecay = 0.25 }));
        Assert.StartsWith(says, (await VerifyAsync(run)).Difference, StringComparison.Ordinal);
    }

    // The layers of step 2 sleep from then on, or do not.
    [Fact]
    public async Task VerifyAsync_part_that_trains_only_in_one_of_them_is_named()
    {
        using var run = await TestRun.TrainAsync(s_lisa with { LisaIntervalSteps = 2, MaxSteps = 4 });
        await TamperedRun.ChangeAsync(run, onlyLater: false, (m, spec) => (m, spec with { LisaIntervalSteps = 3 }));
        Assert.Matches(
            "^step 2: part layer-[0-9] does not train, repeated it does; this follows from the method or the sampling of layers$",
            (await VerifyAsync(run)).Difference);
    }

    [Fact]
    public async Task VerifyAsync_changed_setting_that_only_the_evaluation_shows_is_not_said_to_be_its_data()
    {
        using var run = await TestRun.ImportAsync(s_lisa with { MaxSteps = 1, EvalSteps = 1 }, evalFile: TinyStories.HeldOut);
        await run.FinishAsync();
        await TamperedRun.ChangeAsync(run, onlyLater: false, (m, spec) => (m, spec with { WeightDecay = 0.25 }));
        Assert.Contains("or what the step made of the weights", (await VerifyAsync(run)).Difference, StringComparison.Ordinal);
    }

    [Fact]
    public async Task VerifyAsync_changed_thread_count_is_named()
    {
        using var run = await TestRun.TrainAsync(s_lisa with { MaxSteps = 2 });
        await TamperedRun.ChangeAsync(run, onlyLater: true, (m, spec) => (m, spec with { Threads = 2 }));
        Assert.StartsWith(
            "a setting was changed between the manifests of steps 0 and 2: threads: was 1, now 2", (await VerifyAsync(run)).Difference,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(0.25, "; the run was computed on another, and this machine is ")]
    public async Task VerifyAsync_run_of_another_kind_of_machine_is_said_before_and_explains_what_differs(double decay, string? says)
    {
        using var run = await TestRun.TrainAsync(s_lisa with { MaxSteps = 2 });
        var properties = new Dictionary<string, string> { ["computed_on"] = """["another"]""" };
        await TamperedRun.ChangeAsync(
            run, onlyLater: false, (m, spec) => (m with { Properties = properties }, spec with { WeightDecay = decay }));
        var said = new List<string>();
        var difference = (await RunVerifier.VerifyAsync(
            run.Store, "test", null, (_, _) => Assert.NotEmpty(said), Token, said.Add)).Difference;
        Assert.Equal(
            [$"the run was computed on another, and this machine is {TrainingDevice.Kind}: they may round sums differently"], said);
        if (says is null) Assert.Null(difference);
        else Assert.Contains(says, difference, StringComparison.Ordinal);
        Assert.DoesNotContain("its samples", difference ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "the training data was changed between the manifests of steps 0 and 2: sample 7 is another one")]
    [InlineData(false, "step 4: tokens: the run has ")]
    public async Task VerifyAsync_changed_line_of_data_is_found(bool onlyLater, string says)
    {
        using var run = await TestRun.TrainAsync(s_lisa with { PerDeviceTrainBatchSize = 32 });
        using var other = new TempFolder();
        var lines = await File.ReadAllLinesAsync(TinyStories.Data, Token);
        lines[7] = """{"prompt":"What is an owl?","completion":" Nobody knows."}""";
        await File.WriteAllLinesAsync(other["data.jsonl"], lines, Token);
        using var changed = await TestRun.ImportAsync(TinyStories.Request(s_lisa) with { DataFile = other["data.jsonl"] });
        var data = (await changed.ManifestAsync()).Dataset!;
        using (var content = await changed.Store.ReadAsync(data, Token)) await run.Store.PutAsync(new BytesBlob(content.ToArray()), Token);
        await TamperedRun.ChangeAsync(run, onlyLater, (m, spec) => (m with { Dataset = data }, spec));
        Assert.Contains(says, (await VerifyAsync(run)).Difference, StringComparison.Ordinal);
    }

    private static Task<VerifiedRun> VerifyAsync(TestRun run) => RunVerifier.VerifyAsync(run.Store, "test", null, null, Token);

    private sealed class PrunedMeanwhile(IBlobStore inner, string keep, string beforeRead) : DelegatingBlobStore(inner)
    {
        private bool _isPruned;

        public override async Task<BlobContent> ReadAsync(BlobRef blob, CancellationToken cancellationToken)
        {
            if (blob.Sha256 == beforeRead && !_isPruned)
            {
                _isPruned = true;
                await HistoryPruning.PruneAsync(Inner, keep, cancellationToken);
                await GarbageCollector.CollectAsync(Inner, TimeSpan.Zero, TimeProvider.System, cancellationToken);
            }

            return await base.ReadAsync(blob, cancellationToken);
        }
    }

    private sealed class SameJson : IEqualityComparer<Manifest>
    {
        public bool Equals(Manifest? x, Manifest? y) => JsonSerializer.Serialize(x) == JsonSerializer.Serialize(y);

        public int GetHashCode(Manifest obj) => obj.Step.GetHashCode();
    }
}
