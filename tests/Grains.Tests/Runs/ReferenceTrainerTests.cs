using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using LisaOrleans.Checkpoints;
using LisaOrleans.Training;
using TorchSharp;

namespace LisaOrleans.Grains.Tests;

/// <summary>The grains compute what the algorithm without actors computes, to the bit.</summary>
public sealed class ReferenceTrainerTests
{
    private static readonly TrainingSpec s_spec = TinyStories.Spec(9) with { GradientAccumulationSteps = 2, WarmupSteps = 3, WeightDecay = 0.1 };

    private static readonly Dictionary<string, TrainingSpec> s_runs = new()
    {
        ["lisa"] = s_spec,
        ["full, bfloat16"] = s_spec with
        {
            Method = TrainingMethods.Full,
            LisaIntervalSteps = TinyStories.FullSpec(9).LisaIntervalSteps,
            Dtype = "bfloat16",
        },
        ["packed, recomputed"] = s_spec with { Packing = true, GradientCheckpointing = true },
        ["lanes"] = s_spec with { PerDeviceTrainBatchSize = 1, GradientAccumulationSteps = 7, GradientLanes = 3, Dtype = "bfloat16" },
        ["outlier"] = s_spec with { LisaStrategy = "outlier", LisaActivatedLayers = 1 },
        ["badam"] = TinyStories.BadamSpec(9, interval: 2),
        ["galore"] = TinyStories.FullSpec(6) with { Method = TrainingMethods.Galore, GaloreRank = 8, GaloreUpdateProjGap = 4 },
        ["apollo"] = TinyStories.FullSpec(6) with { Method = TrainingMethods.Apollo, ApolloRank = 8, ApolloUpdateProjGap = 4, Dtype = "bfloat16" },
        ["warm layers, rounded by chance"] = s_spec with
        {
            LisaWarmupSteps = 3,
            Dtype = "bfloat16",
            OptimizerStateDtype = "bfloat16",
            StochasticRounding = true,
        },
        ["mapped"] = s_spec with { FrozenWeights = "mapped", LisaIntervalSteps = 2 },
        ["int8, recomputed"] = s_spec with { FrozenWeights = "int8", LisaIntervalSteps = 2, GradientCheckpointing = true },
        ["nf4"] = s_spec with { FrozenWeights = "nf4", LisaIntervalSteps = 2, Dtype = "bfloat16" },
        ["moments kept, masters rounded by chance"] = s_spec with
        {
            LisaKeepOptimizerState = true,
            LisaIntervalSteps = 1,
            LisaActivatedLayers = 3,
            Dtype = "bfloat16",
            ComputeDtype = "bfloat16",
            StochasticRounding = true,
        },
        ["computed in float32, mapped, rounded by chance"] = s_spec with
        {
            Dtype = "bfloat16",
            ComputeDtype = "float32",
            FrozenWeights = "mapped",
            TrainEmbeddings = false,
            LisaIntervalSteps = 2,
            OptimizerStateDtype = "bfloat16",
            StochasticRounding = true,
        },
        ["computed in float32, nf4, moments kept"] = s_spec with
        {
            Dtype = "bfloat16",
            ComputeDtype = "float32",
            FrozenWeights = "nf4",
            LisaKeepOptimizerState = true,
            LisaIntervalSteps = 1,
            GradientCheckpointing = true,
        },
        ["without ends"] = s_spec with { TrainEmbeddings = false, Dtype = "bfloat16", OptimizerStateDtype = "bfloat16" },
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Runs => [.. s_runs.Keys];

    [Theory]
    [MemberData(nameof(Runs))]
    public Task ReferenceTrainer_same_run_in_grains_has_the_same_bits(string name) => Compare(s_runs[name], TinyStories.Model);

    // Experts that get tokens in one micro-batch and none in the next, or none in a step.
    [Fact]
    public async Task ReferenceTrainer_model_with_experts_in_grains_has_the_same_bits()
    {
        using var folder = new TempFolder();
        await ExpertsFolder.WriteAsync(folder["model"], Token);
        await Compare(s_spec with { Dtype = "bfloat16", ComputeDtype = "float32" }, folder["model"]);
    }

    // Its padding token begins every sample.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ReferenceTrainer_padding_token_in_grains_has_the_same_bits_in_new_runs_and_older_ones(bool isNew)
    {
        using var folder = new TempFolder();
        await FamilyFolder.WriteAsync(folder["model"], "granite", Token);
        var config = JsonNode.Parse(await File.ReadAllTextAsync(folder["model/config.json"], Token))!;
        config["pad_token_id"] = 1;
        await File.WriteAllTextAsync(folder["model/config.json"], config.ToJsonString(), Token);
        using var run = await TestRun.ImportAsync(s_spec with { BlockSize = 16 }, folder["model"]);
        if (!isNew)
        {
            await TamperedRun.ChangeAsync(
                run, onlyLater: false, (manifest, spec) => (manifest, spec with { NoPaddingGradient = false }), RunHeadStates.Queued);
        }

        await run.FinishAsync();
        Assert.Equal(isNew, (await RunFiles.ReadSpecAsync(run.Store, await run.ManifestAsync(), Token)).NoPaddingGradient);
        await AssertSameBits(run, folder["model"]);
    }

    // Tied with scaled embeddings, two ropes and windows; transposed matrices and learned positions; and experts in every layer.
    [Theory]
    [InlineData("gemma")]
    [InlineData("gemma3_text")]
    [InlineData("gpt2")]
    [InlineData("mixtral")]
    [InlineData("gpt_oss")]
    public async Task ReferenceTrainer_each_kind_of_family_in_grains_has_the_same_bits(string family)
    {
        using var folder = new TempFolder();
        await FamilyFolder.WriteAsync(folder["model"], family, Token);
        await Compare(s_spec with { BlockSize = 16, Dtype = "bfloat16" }, folder["model"]);
    }

    private static async Task Compare(TrainingSpec settings, string model)
    {
        using var run = await TestRun.TrainAsync(settings, model);
        await AssertSameBits(run, model);
    }

    /// <summary>A run that is done has the losses, norms and weights of the reference trainer.</summary>
    internal static async Task AssertSameBits(TestRun run, string model)
    {
        var history = await run.HistoryAsync();
        var weights = await run.WeightsAsync();

        var head = await RunStore.ReadHeadAsync(run.Store, "test", Token);
        var manifest = await RunStore.ReadManifestAsync(run.Store, head!.Manifest!, Token);
        var spec = await RunFiles.ReadSpecAsync(run.Store, manifest, Token);
        var data = await DatasetStorage.Read(run.Store, manifest.Dataset!, TinyStories.Config.VocabSize, Token);
        Replay();

        // No await between here and the end: Torch's number of threads is set for this thread only.
        void Replay()
        {
            torch.set_num_threads(spec.Threads);
            using var trainer = new ReferenceTrainer(model, data, spec, torch.CPU);
            Assert.Equal(history.Count, trainer.TotalSteps);
            foreach (var record in history) Assert.Equal((record.Loss, record.GradNorm), trainer.Step(record.Step));
            foreach (var tensor in trainer.Finish())
            {
                using var value = tensor.Value;
                Assert.True(weights[tensor.Name].AsSpan().SequenceEqual(MemoryMarshal.AsBytes(value.bytes)), tensor.Name);
            }
        }
    }
}
