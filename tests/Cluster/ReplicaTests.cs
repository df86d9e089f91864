using LisaOrleans.Grains.Tests;

namespace LisaOrleans.Cluster.Tests;

/// <summary>Several replicas of a model that share a step's lanes end with the bits of one silo.</summary>
[Collection(nameof(LivingSilos))]
public sealed class ReplicaTests(ClusterFixture fixture, UndisturbedRun undisturbed)
{
    private const int MicroBatches = 5;

    private static readonly TrainingSpec s_spec = TinyStories.Spec(7) with
    {
        PerDeviceTrainBatchSize = 1,
        GradientAccumulationSteps = MicroBatches,
        LisaIntervalSteps = 3,
        EvalSteps = 4,
    };

    private static readonly Dictionary<string, TrainingSpec> s_runs = new()
    {
        ["lisa"] = s_spec,
        ["full, bfloat16"] = TinyStories.FullSpec(6) with { PerDeviceTrainBatchSize = 1, GradientAccumulationSteps = 4, Dtype = "bfloat16" },
        ["packed, recomputed"] = s_spec with { Packing = true, GradientCheckpointing = true, GradientLanes = 2 },
        ["lora"] = TinyStories.LoraSpec(6) with { PerDeviceTrainBatchSize = 1, GradientAccumulationSteps = 3, LoraDropout = 0.1 },
        ["8 bits"] = s_spec with { Optim = "adamw-8bit", FrozenWeights = "int8" },
        ["nf4"] = s_spec with { FrozenWeights = "nf4", Dtype = "bfloat16" },
        ["masters rounded by chance"] = s_spec with
        {
            MaxSteps = 5,
            Dtype = "bfloat16",
            ComputeDtype = "bfloat16",
            StochasticRounding = true,
            LisaIntervalSteps = 2,
        },
        ["mapped, moments kept, rounded by chance"] = s_spec with
        {
            Dtype = "bfloat16",
            ComputeDtype = "float32",
            OptimizerStateDtype = "bfloat16",
            StochasticRounding = true,
            FrozenWeights = "mapped",
            LisaKeepOptimizerState = true,
            LisaIntervalSteps = 2,
            LisaActivatedLayers = 3,
        },
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Runs => [.. s_runs.Keys];

    [Theory]
    [MemberData(nameof(Runs))]
    public Task Run_on_two_replicas_has_the_bits_of_one_silo(string name) => Compare(s_runs[name], null);

    // Tied with a learned table of positions; and experts that get tokens in one micro-batch and none in another.
    [Theory]
    [InlineData("gpt2")]
    [InlineData("gemma3_text")]
    [InlineData("mixtral")]
    public async Task Run_of_each_kind_of_family_on_two_replicas_has_the_bits_of_one_silo(string family)
    {
        using var folder = new TempFolder();
        await FamilyFolder.WriteAsync(folder["model"], family, Token);
        await Compare(s_spec with { BlockSize = 16, Dtype = "bfloat16" }, folder["model"]);
    }

    [Fact]
    public async Task Run_of_weighted_tokens_on_two_replicas_has_the_bits_of_one_silo()
    {
        using var folder = new TempFolder();
        await Compare(s_spec with { Packing = true, GradientLanes = 3 }, null, WeightedLines.Write(TinyStories.Data, folder["data.jsonl"]));
    }

    // In every other moment one silo does nothing, whatever it has to do: it is half as fast as the other.
    [Fact]
    public async Task Run_with_a_silo_at_half_speed_gives_it_fewer_lanes_and_keeps_its_bits()
    {
        var cluster = fixture.Cluster;
        var run = $"r-{Guid.NewGuid():N}";
        await cluster.Client.SubmitAsync(UndisturbedRun.Request(run, replicas: "2"), null, Token);
        var before = await RunProgress.UntilAsync(cluster, run, s => s.Step > 0);
        Assert.Equal([2, 2], before.ReplicaLanes);
        var own = await cluster.SiloOfRunAsync(run);
        var slow = cluster.Silos.Single(s => s != own);
        await using (new SlowedSilo(slow))
        {
            var moved = await RunProgress.UntilAsync(
                cluster, run, s => s.Moves > 0 && LanesOf(s, slow) == 1 && SpeedOf(s, slow) < 0.75 * SpeedOf(s, own));
            await RunProgress.UntilAsync(cluster, run, s => s.Step > moved.Step + 2);
        }

        await undisturbed.AssertEqualWhenPausedAsync(cluster, run);

        // 0 while it is not known.
        static double SpeedOf(RunStatus s, SiloProcess silo) =>
            s.Speeds.SingleOrDefault(speed => speed.Key.StartsWith(silo.Address + "@", StringComparison.Ordinal)).Value;

        // Null while parts are on their way.
        static int? LanesOf(RunStatus s, SiloProcess silo) =>
            s.Stages.FirstOrDefault(t => t.Silo.StartsWith(silo.Address + "@", StringComparison.Ordinal)) is { } stage
                ? s.ReplicaLanes.ElementAtOrDefault(stage.Replica) : null;
    }

    private async Task Compare(TrainingSpec settings, string? model, string? data = null)
    {
        using var folder = new TempFolder();
        var compute = settings.ComputeDtype == TrainingSpec.AutoDtype ? "float32" : settings.ComputeDtype;
        var spec = TwoRuns.Settings(settings with { RunName = $"r-{Guid.NewGuid():N}", Replicas = "2", ComputeDtype = compute }, model);
        await File.WriteAllLinesAsync(folder["evaluation.jsonl"], (await File.ReadAllLinesAsync(data ?? TinyStories.Data, Token)).Take(7), Token);
        var request = TinyStories.Request(spec, model) with { DataFile = data ?? TinyStories.Data, EvalDataFile = folder["evaluation.jsonl"] };
        using var straight = await TestRun.ImportAsync(request);
        var onTwo = TrainOnTwoSilosAsync(request, folder["two"]);
        await Task.WhenAll(onTwo, Task.Run(() => straight.FinishAsync()));

        await TwoRuns.AssertEqualAsync(straight, (await onTwo).OfType<StepCompleted>().Select(s => s.Record), folder["two"]);
    }

    private async Task<IReadOnlyList<TrainingEvent>> TrainOnTwoSilosAsync(RunRequest request, string output)
    {
        var (client, run) = (fixture.Cluster.Client, request.Spec.RunName);
        await client.SubmitAsync(request, null, Token);
        var seen = new List<TrainingEvent>();
        await foreach (var happened in client.WatchAsync(run, null, Token)) seen.Add(happened);
        var ended = Assert.IsType<RunEnded>(seen[^1]);
        Assert.True(ended.State == RunState.Succeeded, ended.Error);
        Assert.All(seen.OfType<PartsPlaced>(), placed => Assert.Equal([0, 1], placed.Stages.Select(s => s.Replica)));
        await client.DownloadModelAsync(run, output, Token);
        return seen;
    }
}
