using System.Globalization;
using System.Text.Json;
using LisaOrleans.Model;

namespace LisaOrleans.Training.Tests;

public sealed class DerivedSettingsTests
{
    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(0, 3, 3)]
    [InlineData(0, 16, 4)]
    [InlineData(7, 3, 7)]
    public void Resolve_lanes_of_a_new_run_are_its_micro_batches_and_at_most_four(int given, int microBatches, int expected) =>
        Assert.Equal(expected, Resolve(TinyStories.Spec(1) with { GradientAccumulationSteps = microBatches, GradientLanes = given }).GradientLanes);

    // Its settings have no lanes, and its gradients were summed one after the other.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Resolve_run_from_before_there_were_lanes_goes_on_with_one(int given)
    {
        var spec = TinyStories.Spec(1) with { GradientAccumulationSteps = 8, GradientLanes = given };
        var json = JsonSerializer.SerializeToNode(spec)!.AsObject();
        json.Remove(nameof(TrainingSpec.GradientLanes));
        var began = json.Deserialize<TrainingSpec>()!;
        var resolved = Resolve(spec, began);
        Assert.Equal((1, 1), (GradientLanes.Of(began), GradientLanes.Of(resolved)));
        Assert.Empty(SpecComparison.Differences(began, resolved));
        Assert.Equal(
            ["gradient_lanes: was 0, now 2"], SpecComparison.Differences(began, Resolve(spec with { GradientLanes = 2 }, began)));
    }

    // Older builds keyed random numbers by what a layer had trained since it woke, and do not say so.
    [Theory]
    [InlineData("lisa", false, true)]
    [InlineData("apollo", false, false)]
    [InlineData("lisa", true, false)]
    public void Resolve_random_numbers_of_a_new_run_are_keyed_by_step_and_of_an_older_one_as_ever(string method, bool apollo, bool rounding)
    {
        var given = TinyStories.Spec(1) with { Method = method, Optim = apollo ? "apollo" : "adamw", StochasticRounding = rounding };
        var began = Resolve(given);
        Assert.True(began.RandomKeysByStep);
        Assert.True(Resolve(given, began).RandomKeysByStep);
        var json = JsonSerializer.SerializeToNode(began)!.AsObject();
        Assert.True(json.Remove(nameof(TrainingSpec.RandomKeysByStep)));
        var older = json.Deserialize<TrainingSpec>()!;
        Assert.False(Resolve(given, older).RandomKeysByStep);
        Assert.Empty(SpecComparison.Differences(older, Resolve(given, older)));
    }

    // Older builds rounded large tensors whole where their gradients are float32.
    [Fact]
    public void Resolve_new_run_rounds_in_pieces_and_an_older_one_as_ever()
    {
        var given = TinyStories.Spec(1) with { StochasticRounding = true };
        var began = Resolve(given);
        Assert.True(began.RoundsInPieces && Resolve(given, began).RoundsInPieces && Optimizers.Of(began).Rounding is { InPieces: true });
        var json = JsonSerializer.SerializeToNode(began)!.AsObject();
        Assert.True(json.Remove(nameof(TrainingSpec.RoundsInPieces)));
        var older = json.Deserialize<TrainingSpec>()!;
        Assert.True(Optimizers.Of(Resolve(given, older)).Rounding is { InPieces: false });
        Assert.Empty(SpecComparison.Differences(older, Resolve(given, older)));
        var without = Resolve(TinyStories.Spec(1));
        Assert.DoesNotContain(nameof(TrainingSpec.RoundsInPieces), JsonSerializer.Serialize(without), StringComparison.Ordinal);
        Assert.True(Resolve(given, without).RoundsInPieces);
    }

    // Older builds stored small second moments as 0.
    [Fact]
    public void Resolve_new_run_keeps_small_8_bit_moments_and_an_older_one_does_as_ever()
    {
        var given = TinyStories.Spec(1) with { Optim = "adamw-8bit" };
        var began = Resolve(given);
        Assert.True(began.KeepsSmallMoments && ((AdamW8Bit)Optimizers.Of(began)).KeepsSmallMoments);
        var json = JsonSerializer.SerializeToNode(began)!.AsObject();
        Assert.True(json.Remove(nameof(TrainingSpec.KeepsSmallMoments)));
        var older = json.Deserialize<TrainingSpec>()!;
        Assert.False(Resolve(given, older).KeepsSmallMoments);
        Assert.Empty(SpecComparison.Differences(older, Resolve(given, older)));
        var without = JsonSerializer.Serialize(Resolve(TinyStories.Spec(1)));
        Assert.DoesNotContain(nameof(TrainingSpec.KeepsSmallMoments), without, StringComparison.Ordinal);
    }

    // Older builds updated otherwise, and do not say so.
    [Theory]
    [InlineData("galore", "adamw", false)]
    [InlineData("lora", "galore", false)]
    [InlineData("apollo", "adamw", false)]
    [InlineData("lisa", "apollo", false)]
    [InlineData("qlora", "adamw", true)]
    public void Resolve_new_run_updates_as_revised_and_an_older_one_as_ever(string method, string optim, bool dora)
    {
        var given = TinyStories.Spec(1) with { Method = method, Optim = optim, UseDora = dora };
        var began = Resolve(given);
        Assert.True(IsRevised(began) && IsRevised(Resolve(given, began)));
        var json = JsonSerializer.SerializeToNode(began)!.AsObject();
        Assert.True(json.Remove(nameof(TrainingSpec.RevisedUpdates)));
        var older = json.Deserialize<TrainingSpec>()!;
        Assert.False(IsRevised(Resolve(given, older)));
        Assert.Empty(SpecComparison.Differences(older, Resolve(given, older)));
        var without = Resolve(TinyStories.Spec(1));
        Assert.DoesNotContain(nameof(TrainingSpec.RevisedUpdates), JsonSerializer.Serialize(without), StringComparison.Ordinal);
        Assert.True(IsRevised(Resolve(given, without)));

        static bool IsRevised(TrainingSpec spec) =>
            Optimizers.Of(spec) is GaLore { WaitsForGradients: true } or Apollo { CorrectsLast: true }
            || Methods.Adapters(spec) is { UseDora: true, DecaysMagnitudes: true };
    }

    // Older builds left them out, and do not say so.
    [Fact]
    public void Resolve_sinks_of_a_new_run_decay_and_those_of_an_older_one_and_its_forks_do_not()
    {
        var given = TinyStories.Spec(1) with { WeightDecay = 0.1, Optim = "adamw-8bit" };
        var began = ResolveSinks(given);
        Assert.True(DecaysSinks(began) && DecaysSinks(ResolveSinks(given, began)));
        Assert.True(DecaysSinks(DerivedSettings.GoOn(given with { Optim = "adamw" }, began)));
        var json = JsonSerializer.SerializeToNode(began)!.AsObject();
        Assert.True(json.Remove(nameof(TrainingSpec.DecaysSinks)));
        var older = json.Deserialize<TrainingSpec>()!;
        Assert.False(DecaysSinks(ResolveSinks(given, older)));
        Assert.False(DecaysSinks(DerivedSettings.GoOn(given, older)));
        Assert.Empty(SpecComparison.Differences(older, ResolveSinks(given, older)));
        Assert.DoesNotContain(nameof(TrainingSpec.DecaysSinks), JsonSerializer.Serialize(Resolve(given)), StringComparison.Ordinal);

        static TrainingSpec ResolveSinks(TrainingSpec spec, TrainingSpec? began = null) => DerivedSettings.Resolve(
            spec, ModelConfigReader.Parse(GptOssFolder.Config.ToJsonString(), "config.json"), weightsDtype: null, threads: 1, began);

        static bool DecaysSinks(TrainingSpec spec) =>
            Optimizers.Of(spec) is AdamW { DecaysSinks: true } or AdamW8Bit { AdamW.DecaysSinks: true };
    }

    // Older builds gave the padding token's row a gradient, and do not say so.
    [Fact]
    public void Resolve_padding_token_of_a_new_run_has_no_gradient_and_that_of_an_older_one_as_ever()
    {
        var given = TinyStories.Spec(1);
        var began = Padded(given);
        Assert.All(
            (TrainingSpec[])[began, Padded(given, began), DerivedSettings.GoOn(given, began)], spec => Assert.True(spec.NoPaddingGradient));
        var json = JsonSerializer.SerializeToNode(began)!.AsObject();
        Assert.True(json.Remove(nameof(TrainingSpec.NoPaddingGradient)));
        var older = json.Deserialize<TrainingSpec>()!;
        Assert.False(Padded(given, older).NoPaddingGradient);
        Assert.False(DerivedSettings.GoOn(given with { Method = TrainingMethods.Full }, older).NoPaddingGradient);
        Assert.Empty(SpecComparison.Differences(older, Padded(given, older)));

        // Without such a row, or with adapters, there is nothing to say.
        foreach (var without in (TrainingSpec[])[Resolve(given), Padded(given with { Method = TrainingMethods.Lora })])
            Assert.DoesNotContain(nameof(TrainingSpec.NoPaddingGradient), JsonSerializer.Serialize(without), StringComparison.Ordinal);

        static TrainingSpec Padded(TrainingSpec spec, TrainingSpec? began = null) =>
            DerivedSettings.Resolve(spec, Wide(512, 2), weightsDtype: null, threads: 1, began);
    }

    // Builds that do not know the key go on with such a run. A fork that begins to need random numbers has those of a new run.
    [Fact]
    public void Resolve_run_without_random_numbers_does_not_say_how_they_are_keyed()
    {
        var began = Resolve(TinyStories.Spec(1));
        Assert.DoesNotContain(nameof(TrainingSpec.RandomKeysByStep), JsonSerializer.Serialize(began), StringComparison.Ordinal);
        Assert.True(Resolve(began with { StochasticRounding = true }, began).RandomKeysByStep);
    }

    // For PEFT they are sets.
    [Fact]
    public void Differences_lists_in_another_order_make_none()
    {
        var stored = TinyStories.LoraSpec(1) with { LoraTargetModules = ["v_proj", "q_proj"], LayersToTransform = [3, 1] };
        var given = stored with { LoraTargetModules = ["q_proj", "v_proj", "q_proj"], LayersToTransform = [1, 3] };
        Assert.Empty(SpecComparison.Differences(stored, given));
        Assert.Equal(
            ["layers_to_transform: was [1,3], now [3]"], SpecComparison.Differences(stored, given with { LayersToTransform = [3] }));
    }

    [Fact]
    public void Resolve_run_that_is_resumed_keeps_its_lanes()
    {
        var began = Resolve(TinyStories.Spec(1) with { GradientAccumulationSteps = 8, GradientLanes = 2 });
        Assert.Equal(2, Resolve(TinyStories.Spec(1) with { GradientAccumulationSteps = 8 }, began).GradientLanes);
    }

    [Fact]
    public void Order_each_lane_is_finished_before_the_next()
    {
        Assert.Equal([0, 4, 8, 1, 5, 9, 2, 6, 3, 7], GradientLanes.Order(10, 4));
        Assert.Equal([0, 1, 2], GradientLanes.Order(3, 1));
        Assert.Equal([0, 1], GradientLanes.Order(2, 5));
    }

    [Theory]
    [InlineData("bfloat16", "auto", "float32")]
    [InlineData("bfloat16", "bfloat16", "bfloat16")]
    [InlineData("float32", "auto", "auto")]
    [InlineData("float16", "auto", "auto")]
    public void Resolve_compute_dtype_is_chosen_for_bfloat16_models_that_leave_it_open(string dtype, string given, string expected)
    {
        var spec = TinyStories.Spec(1) with { Dtype = dtype, ComputeDtype = given };
        Assert.Equal(expected, Choosing(spec).ComputeDtype);
        Assert.Equal(given, Resolve(spec).ComputeDtype);
        Assert.Equal(given, Choosing(spec, began: Resolve(spec)).ComputeDtype);

        static TrainingSpec Choosing(TrainingSpec spec, TrainingSpec? began = null) =>
            DerivedSettings.Resolve(spec, TinyStories.Config, weightsDtype: null, threads: 1, began, _ => "float32");
    }

    [Theory]
    [InlineData(512, 0.5, "bfloat16")]
    [InlineData(512, 1.2, "bfloat16")]
    [InlineData(512, 1.3, "float32")]
    [InlineData(504, 1.3, "bfloat16")]
    [InlineData(504, 9, "bfloat16")]
    [InlineData(504, 11, "float32")]
    public void Choose_is_float32_where_it_is_faster_and_of_narrow_models_where_bfloat16_has_no_kernels(
        int width, double gain, string expected)
    {
        Assert.Equal(expected, RunDtypes.Choose(Wide(width), gain));
        if (width >= 512) Assert.Equal(expected, RunDtypes.Choose(new MatrixRates(gain * 1e9, 1e9)));
    }

    [Fact]
    public void Choose_gpus_multiply_bfloat16_fast()
    {
        Assert.Equal("bfloat16", RunDtypes.Choose(TinyStories.Config, onGpu: true));
        Assert.Matches("^(bfloat16|float32)$", RunDtypes.Choose(TinyStories.Config, onGpu: false));
    }

    // GFLOP/s in float32 and in bfloat16.
    [Theory]
    [InlineData("float32", "200 400", "150 1")]
    [InlineData("float32", "gpu", "150 1")]
    [InlineData("bfloat16", "300 150", "50 100")]
    [InlineData("bfloat16", "200 400", "gpu")]
    [InlineData("bfloat16", "200 100", "gpu")]
    [InlineData("bfloat16", "gpu", "gpu")]
    public void For_new_run_computes_in_what_makes_the_slowest_silo_faster(string expected, params string[] silos)
    {
        var options = ImportOptions.For([.. silos.Select((s, i) => Silo($"s{i}", s))]);
        Assert.Equal(silos.All(s => s == "gpu"), options.OnGpu);
        var given = TinyStories.Spec(1) with { Dtype = "bfloat16" };
        var spec = options.Resolve(given, Wide(512), () => "bfloat16");
        Assert.Equal(expected, spec.ComputeDtype);
        Assert.Equal(
            expected == "float32" ? "computes in float32, which the slowest silos multiply at 150 GFLOP/s, and bfloat16 at 1" : null,
            options.ExplainCompute(given, spec));
        Assert.Null(options.ExplainCompute(spec, spec));

        static SiloDescription Silo(string address, string rates) => new(address, 0, 1, OnGpu: rates == "gpu")
        {
            Rates = rates.Split(' ') is [var single, var rounded]
                ? new MatrixRates(1e9 * int.Parse(single, CultureInfo.InvariantCulture), 1e9 * int.Parse(rounded, CultureInfo.InvariantCulture))
                : null,
        };
    }

    [Fact]
    public void For_silos_that_do_not_say_how_fast_they_are_are_taken_for_this_machine() => Assert.Equal(
        RunDtypes.Choose(Wide(512), onGpu: false),
        ImportOptions.For([new SiloDescription("s0", 0, 1)])
            .Resolve(TinyStories.Spec(1) with { Dtype = "bfloat16" }, Wide(512), () => "bfloat16").ComputeDtype);

    [Theory]
    [InlineData("bfloat16", "float32", "Float32")]
    [InlineData("float16", "auto", "Float32")]
    [InlineData("float32", "auto", "Float32")]
    public void OfAnswers_is_what_the_run_computed_in(string dtype, string trained, string compute)
    {
        var dtypes = RunDtypes.OfAnswers(dtype, TinyStories.Config, trained);
        Assert.Equal((compute, compute), ($"{dtypes.Compute}", $"{dtypes.AtRest}"));
    }

    [Fact]
    public void OfAnswers_where_nothing_says_so_it_is_as_a_new_run_on_this_processor() =>
        Assert.Equal(
            RunDtypes.Choose(TinyStories.Config, onGpu: false), $"{RunDtypes.OfAnswers("bfloat16", TinyStories.Config).Compute}".ToLowerInvariant());

    [Fact]
    public void OfAnswers_a_model_too_large_to_be_widened_at_once_is_widened_a_layer_at_a_time()
    {
        var large = Wide(65536);
        var widening = RunDtypes.OfAnswers("bfloat16", large, "float32");
        Assert.True(widening.Widens);
        Assert.True(FormMemory.OfAnswering(large, widening) < FormMemory.OfAnswering(large, widening.Widened));

        var needed = FormMemory.OfAnswering(TinyStories.Config, widening.Widened);
        foreach (var (room, widens) in (ReadOnlySpan<(long?, bool)>)[(needed, false), (needed - 1, true), (null, false)])
            Assert.Equal(widens, RunDtypes.OfAnswers("bfloat16", TinyStories.Config, "float32", room is { } bytes ? _ => bytes : null).Widens);
    }

    [Theory]
    [InlineData("bfloat16", "float32", "Float32", "BFloat16")]
    [InlineData("bfloat16", "bfloat16", "BFloat16", "BFloat16")]
    [InlineData("bfloat16", "auto", "BFloat16", "BFloat16")]
    [InlineData("float16", "float32", "Float32", "Float32")]
    [InlineData("float32", "float32", "Float32", "Float32")]
    public void Of_only_bfloat16_models_rest_in_another_format_than_they_compute_in(string dtype, string given, string compute, string rest)
    {
        var spec = TinyStories.Spec(1) with { Dtype = dtype, ComputeDtype = given };
        var dtypes = RunDtypes.Of(spec);
        Assert.Equal((compute, rest), ($"{dtypes.Compute}", $"{dtypes.AtRest}"));
        Assert.Equal(compute != rest, dtypes.Widens);
        Assert.Equal(compute != rest, Methods.Describe(spec).EndsWith("; computes in float32", StringComparison.Ordinal));
    }

    private static ModelConfig Wide(int width, int? padding = null) => ModelConfigReader.Parse(
        $$"""
        {
          "model_type": "llama", "hidden_size": {{width}}, "intermediate_size": {{width}}, "num_hidden_layers": 8, "num_attention_heads": 4,
          "num_key_value_heads": 2, "vocab_size": 29, "max_position_embeddings": 32, "rms_norm_eps": 1e-5,
          "pad_token_id": {{padding?.ToString(CultureInfo.InvariantCulture) ?? "null"}}
        }
        """,
        "config.json");

    private static TrainingSpec Resolve(TrainingSpec spec, TrainingSpec? began = null) =>
        DerivedSettings.Resolve(spec, TinyStories.Config, weightsDtype: null, threads: 1, began);
}
