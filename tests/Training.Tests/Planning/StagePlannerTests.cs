using CsCheck;
using LisaOrleans.Model;

namespace LisaOrleans.Training.Tests;

public sealed class StagePlannerTests
{
    private const double Headroom = 1.25;
    private const int Cases = 3000;

    private static readonly TrainingSpec s_long = TinyStories.Spec(1) with { BlockSize = 256, GradientAccumulationSteps = 8 };

    private static readonly Gen<Case> s_cases =
        from layers in Gen.Int[1, 6]
        from vocab in Gen.Int[1, 400]
        from tied in Gen.Bool
        from full in Gen.Bool
        from ends in Gen.Bool
        from active in Gen.Int[0, 3]
        from memory in Gen.OneOf(Gen.Const(0.0), Gen.Double[0.02, 1.5]).Array[1, 4]
        from speeds in Gen.OneOf(Gen.Const(1.0), Gen.Double[0.1, 2]).Array[4]
        select Make(layers, vocab, tied, full, ends, memory, active, speeds);

    [Fact]
    public void Plan_gives_each_part_one_place_in_the_order_of_silos() => Planned((c, plan) =>
    {
        var parts = plan.Stages.SelectMany(s => s.Parts).ToArray();
        Assert.Equal(PartName.All(c.Config.NumHiddenLayers).Order(), parts.Order());
        Assert.Equal(Enumerable.Range(0, c.Config.NumHiddenLayers), parts.Select(PartName.LayerIndex).OfType<int>());
        var order = c.Silos.Select(s => s.Address).ToList();
        var used = plan.Stages.Select(s => order.IndexOf(s.Silo)).ToArray();
        Assert.Equal(used.Distinct().Count(), used.Length);
        if (double.IsFinite(BruteForce(c, layer: 0, silo: 0))) Assert.Equal(used.Order(), used);
        Assert.DoesNotContain(-1, used);
        Assert.All(plan.Stages, s => Assert.Contains(s.Parts, p => PartName.LayerIndex(p) is not null));
    });

    [Fact]
    public void Plan_puts_the_embedding_first_and_the_head_last_or_with_its_tied_embedding() => Planned((c, plan) =>
    {
        Assert.Equal(plan.SiloOf(PartName.Layer(0)), plan.SiloOf(PartName.Embedding));
        var neighbour = c.Config.TieWordEmbeddings ? PartName.Embedding : PartName.Layer(c.Config.NumHiddenLayers - 1);
        Assert.Equal(plan.SiloOf(neighbour), plan.SiloOf(PartName.Head));
    });

    [Fact]
    public void Plan_gives_no_silo_more_than_it_offers() => Planned((c, plan) => Assert.All(plan.Stages, stage =>
    {
        var silo = c.Silos.Single(s => s.Address == stage.Silo);
        Assert.True(silo.MemoryBytes == 0 || Load(c.Work, stage.Parts).Bytes * Headroom <= silo.MemoryBytes);
    }));

    [Fact]
    public void Plan_without_memory_limits_uses_as_many_silos_as_layers_allow() => Planned((c, plan) =>
    {
        var silos = c.Silos.Select(s => s with { MemoryBytes = 0, Speed = 1 }).ToArray();
        plan = StagePlanner.Plan(c.Config, c.Spec, silos);
        Assert.Equal(silos.Take(c.Config.NumHiddenLayers).Select(s => s.Address), plan.Stages.Select(s => s.Silo));
    });

    // 12 equal layers without ends.
    [Theory]
    [InlineData(1.0, 1.0, 6)]
    [InlineData(1.0, 0.5, 8)]
    [InlineData(0.5, 1.0, 4)]
    [InlineData(2.0, 1.0, 8)]
    public void Plan_slow_silo_gets_fewer_layers(double first, double second, int layers)
    {
        var c = Make(12, 1, tied: false, full: false, ends: false, [0, 0], speeds: [first, second]);
        var plan = StagePlanner.Plan(c.Config, c.Spec, c.Silos);
        Assert.Equal([layers, 12 - layers], plan.Stages.Select(s => s.Parts.Count(p => PartName.LayerIndex(p) is not null)));
    }

    [Fact]
    public void Plan_is_deterministic() => Planned((c, plan) =>
    {
        var again = StagePlanner.Plan(c.Config with { }, c.Spec with { RunName = "another" }, [.. c.Silos]);
        Assert.True(again.SameAs(plan));
        Assert.Equal(plan.Stages.Select(s => s.Silo), again.Stages.Select(s => s.Silo));
    });

    [Fact]
    public void Plan_without_silos_has_no_room()
    {
        var c = Make(2, 10, tied: false, full: false, ends: true, [0]);
        Assert.Throws<NoRoomException>(() => StagePlanner.Plan(c.Config, c.Spec, []));
    }

    [Fact]
    public void Plan_mapped_weights_are_given_to_silos_that_compute_on_a_processor()
    {
        var c = Make(4, 10, tied: false, full: false, ends: true, [0]);
        var spec = c.Spec with { FrozenWeights = "mapped" };
        TrainingSilo[] gpus = [new("a", 0, 1) { OnGpu = true }, new("b", 1L << 40, 1) { OnGpu = true }];
        Assert.Equal(["c"], StagePlanner.Plan(c.Config, spec, [.. gpus, new TrainingSilo("c", 0, 1)]).Stages.Select(s => s.Silo));
        Assert.Equal(["a", "b"], StagePlanner.Plan(c.Config, c.Spec, gpus).Stages.Select(s => s.Silo));
        const string Says = "mapped, which only works on a CPU";
        var e = Assert.Throws<NoRoomException>(() => StagePlanner.Plan(c.Config, spec, gpus));
        Assert.Contains(Says, e.Message, StringComparison.Ordinal);
        Assert.Contains(Says, RunCapacity.Check(spec, c.Config, gpus), StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_too_little_memory_is_refused_with_the_silos_that_there_are()
    {
        var c = Make(2, 10, tied: false, full: false, ends: true, [0]);
        var e = Assert.Throws<NoRoomException>(() => StagePlanner.Plan(c.Config, c.Spec, [new TrainingSilo("a", 1, 1), new TrainingSilo("b", 1, 1)]));
        Assert.Contains("the 2 live silos of role gpu offer", e.Message, StringComparison.Ordinal);
    }

    // By hand: 16 equal layers of 1952 float32 weights, and ends of 464 + 16 + 464; what trains has a gradient and two moments more.
    [Theory]
    [InlineData("lisa", 1)]
    [InlineData("lisa", 5)]
    [InlineData("fixed", 3)]
    [InlineData("full", 16)]
    public void Plan_needs_memory_for_the_layers_that_train_at_one_time(string what, int active)
    {
        var c = Make(16, 29, tied: false, full: what == "full", ends: true, [0]);
        var spec = what == "fixed"
            ? c.Spec with { LisaStrategy = "fixed", LisaFixedLayers = [.. Enumerable.Range(0, active)] }
            : c.Spec with { LisaActivatedLayers = active };

        // The step's token has a gradient in one row of the embedding.
        double needed = (16 * 1952 * 4) + (active * 1952 * 12) + ((464 + 16 + 464) * 16) - ((464 - 16) * 4);
        Assert.Equal(needed, PartWork.Of(c.Config, spec).TotalBytes);
        Assert.True(Fits(Headroom * needed));
        Assert.False(Fits((Headroom * needed) - 1));

        bool Fits(double bytes) => StagePlanner.Fits(c.Config, spec, [new TrainingSilo("a", (long)bytes, 1)]);
    }

    // Plans leave a quarter free and may be wrong by a tenth: of what silos found, only what cannot be enough is refused.
    [Theory]
    [InlineData(1.0, true, true)]
    [InlineData(0.99, false, true)]
    [InlineData(0.67, false, true)]
    [InlineData(0.66, false, false)]
    public void Fits_memory_that_silos_found_is_no_firm_limit(double share, bool well, bool fits)
    {
        var c = Make(16, 29, tied: false, full: false, ends: true, [share]);
        TrainingSilo[] found = [c.Silos[0] with { IsMemoryFound = true }];
        Assert.Equal((well, fits), (StagePlanner.FitsWell(c.Config, c.Spec, found), StagePlanner.Fits(c.Config, c.Spec, found)));
        Assert.Equal(well, StagePlanner.Fits(c.Config, c.Spec, c.Silos));
        Assert.Equal(fits, RunCapacity.Check(c.Spec, c.Config, found) is null);
        if (fits) Assert.Single(StagePlanner.Plan(c.Config, c.Spec, found).Stages);
        else Assert.Contains("--memory-gb", Assert.Throws<NoRoomException>(() => StagePlanner.Plan(c.Config, c.Spec, found)).Message);
    }

    // Percent of what the whole model needs. The small ones have no room for the embedding or the head, and must not be idle.
    [Theory]
    [InlineData(true, 0, 97.0, 30.0)]
    [InlineData(true, 0, 30.0, 97.0)]
    [InlineData(false, 1, 49.5, 6.5, 48.2)]
    [InlineData(false, 1, 6.5, 48.2, 49.5)]
    [InlineData(false, 1, 48.2, 49.5, 6.5)]
    public void Fits_whatever_the_order_of_silos_is(bool tied, int small, params double[] percent)
    {
        var c = Make(6, tied ? 200 : 400, tied, full: false, ends: true, [.. percent.Select(p => p / 100)], active: tied ? 2 : 0);
        Assert.True(StagePlanner.Fits(c.Config, c.Spec, c.Silos));
        var plan = StagePlanner.Plan(c.Config, c.Spec, c.Silos);
        Assert.Equal(percent.Length, plan.Stages.Count);
        Assert.Equal(percent.Min(), percent[Array.FindIndex(c.Silos, s => s.Address == plan.Stages[^(1 + small)].Silo)]);
    }

    // Activations of long texts are most of what this needs, and three micro-batches would be on their way through two stages.
    [Theory]
    [InlineData(3, 3)]
    [InlineData(1.2, 2)]
    [InlineData(0.75, 1)]
    public void Plan_lets_as_many_micro_batches_go_at_one_time_as_every_stage_has_room_for(double share, int inFlight)
    {
        var bytes = (long)(share * RunCapacity.Estimate(s_long, TinyStories.Config).Tensors);
        var plan = StagePlanner.Plan(TinyStories.Config, s_long with { Replicas = "1" }, [new("a", bytes, 1), new("b", bytes, 1)]);
        Assert.Equal(inFlight, plan.InFlightOf(0));
    }

    // Together they have room for all activations: but the small one not for those of a layer, nor one of the others for half of the layers,
    // one of which has gradients of what it has kept beside that.
    [Fact]
    public void Fits_counts_activations_where_they_are()
    {
        var needed = RunCapacity.Estimate(s_long, TinyStories.Config).Tensors;
        Assert.False(StagePlanner.Fits(TinyStories.Config, s_long, [new("a", (long)(needed * 0.9), 1), new("b", (long)(needed * 0.11), 1)]));
        Assert.False(StagePlanner.Fits(TinyStories.Config, s_long, [new("a", (long)(needed * 0.55), 1), new("b", (long)(needed * 0.55), 1)]));
        Assert.True(StagePlanner.Fits(TinyStories.Config, s_long, [new("a", needed, 1)]));
        Assert.False(StagePlanner.Fits(TinyStories.Config, s_long, [new("a", needed - 1, 1)]));
    }

    // Attention keeps its scores on GPUs alone: a small one beside a processor takes nothing from it.
    [Fact]
    public void Fits_counts_scores_of_attention_only_on_gpus()
    {
        var needed = RunCapacity.Estimate(s_long, TinyStories.Config).Tensors;
        TrainingSilo cpu = new("a", needed, 1);
        TrainingSilo small = new("b", needed / 100, 1) { OnGpu = true };
        Assert.False(StagePlanner.Fits(TinyStories.Config, s_long, [cpu with { OnGpu = true }]));
        Assert.True(StagePlanner.Fits(TinyStories.Config, s_long, [cpu, small]));
        Assert.Equal("a", Assert.Single(StagePlanner.Plan(TinyStories.Config, s_long, [small, cpu]).Stages).Silo);

        var run = new QueuedRun("run", s_long, TinyStories.Config, DateTimeOffset.UnixEpoch, Trains: true, ["a"]);
        Assert.Equal([cpu, small], SiloShares.Assign([run], [cpu, small])["run"]);
    }

    // Compared with all ways to cut the layers over all choices of silos, in the first order in which there is room.
    [Fact]
    public void Plan_is_optimal_and_finds_room_wherever_there_is_some()
    {
        var (planned, refused) = (0, 0);
        s_cases.Sample(
            c =>
            {
                var falling = c.Silos.OrderByDescending(s => s.MemoryBytes == 0 ? double.PositiveInfinity : s.MemoryBytes).ToArray();
                TrainingSilo[][] ends = c.Config.TieWordEmbeddings || falling.Length < 2
                    ? [] : [[falling[0], .. falling[2..], falling[1]], [falling[1], .. falling[2..], falling[0]]];
                var best = new[] { c.Silos, falling }.Concat(ends)
                    .Select(silos => BruteForce(c with { Silos = silos }, layer: 0, silo: 0)).FirstOrDefault(double.IsFinite, double.PositiveInfinity);
                if (TryPlan(c) is { } plan)
                {
                    var slowest = plan.Stages.Max(s => Load(c.Work, s.Parts).Cost / c.Silos.Single(t => t.Address == s.Silo).Speed);
                    Assert.Equal(best, slowest, best * 1e-12);
                    Interlocked.Increment(ref planned);
                }
                else
                {
                    Assert.Equal(double.PositiveInfinity, best);
                    Interlocked.Increment(ref refused);
                }
            },
            iter: Cases);
        Assert.True(planned > Cases / 50 && refused > Cases / 50, $"{planned} planned, {refused} refused: the cases are one-sided");
    }

    private static double BruteForce(Case c, int layer, int silo)
    {
        var layers = c.Config.NumHiddenLayers;
        if (layer == layers) return 0;
        if (silo == c.Silos.Length) return double.PositiveInfinity;
        var best = BruteForce(c, layer, silo + 1);
        for (var end = layer + 1; end <= layers; end++)
        {
            var parts = Enumerable.Range(layer, end - layer).Select(PartName.Layer).ToList();
            if (layer == 0) parts.Add(PartName.Embedding);
            if (c.Config.TieWordEmbeddings ? layer == 0 : end == layers) parts.Add(PartName.Head);
            var (cost, bytes) = Load(c.Work, parts);
            var room = c.Silos[silo].MemoryBytes;
            if (room == 0 || bytes * Headroom <= room) best = Math.Min(best, Math.Max(cost / c.Silos[silo].Speed, BruteForce(c, end, silo + 1)));
        }

        return best;
    }

    private static (double Cost, double Bytes) Load(PartWork work, IReadOnlyList<string> parts)
    {
        int[] layers = [.. parts.Select(PartName.LayerIndex).OfType<int>()];
        var (cost, bytes) = (layers.Sum(i => work.LayerCosts[i]), layers.Sum(i => work.LayerBytes[i]));
        bytes += layers.Select(i => work.TrainingBytes[i]).OrderDescending().Take(work.ActiveLayers).Sum();
        if (parts.Contains(PartName.Embedding)) (cost, bytes) = (cost + work.EmbeddingCost, bytes + work.EmbeddingBytes);
        if (parts.Contains(PartName.Head)) (cost, bytes) = (cost + work.HeadCost, bytes + work.HeadBytes);
        return (cost, bytes);
    }

    private static void Planned(Action<Case, StagePlan> check) => s_cases.Sample(
        c =>
        {
            if (TryPlan(c) is { } plan) check(c, plan);
        },
        iter: Cases);

    private static StagePlan? TryPlan(Case c)
    {
        try
        {
            return StagePlanner.Plan(c.Config, c.Spec, c.Silos);
        }
        catch (NoRoomException)
        {
            return null;
        }
    }

    // Memory as a share of what the whole model needs; 0 for no limit. A token's activations have room in the share that is left free.
    private static Case Make(
        int layers, int vocab, bool tied, bool full, bool ends, double[] memory, int active = 2, double[]? speeds = null)
    {
        var config = ModelConfigReader.Parse(
            $$"""
            {
              "model_type": "llama", "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": {{layers}}, "num_attention_heads": 4,
              "num_key_value_heads": 2, "vocab_size": {{vocab}}, "max_position_embeddings": 32, "tie_word_embeddings": {{(tied ? "true" : "false")}}
            }
            """,
            "config.json");
        var spec = new TrainingSpec
        {
            RunName = "r",
            BlockSize = 1,
            PerDeviceTrainBatchSize = 1,
            Dtype = "float32",
            Threads = 1,
            Method = full ? TrainingMethods.Full : TrainingMethods.Lisa,
            TrainEmbeddings = ends,
            LisaActivatedLayers = active,
        };
        var work = PartWork.Of(config, spec);
        return new Case(config, spec, work, [.. memory.Select(
            (m, i) => new TrainingSilo($"silo-{i}", (long)(m * Headroom * work.TotalBytes), 1) { Speed = speeds?[i] ?? 1 })]);
    }

    private sealed record Case(ModelConfig Config, TrainingSpec Spec, PartWork Work, TrainingSilo[] Silos);
}
