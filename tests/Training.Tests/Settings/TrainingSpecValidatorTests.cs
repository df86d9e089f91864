using System.Text.Json;
using System.Text.Json.Nodes;
using LisaOrleans.Model;

namespace LisaOrleans.Training.Tests;

public sealed class TrainingSpecValidatorTests
{
    private static readonly Dictionary<string, (Func<TrainingSpec, TrainingSpec> Change, string Says)> s_wrong = new()
    {
        ["method"] = (s => s with { Method = "dora" }, "lisa, full"),
        ["objective"] = (s => s with { Objective = "kto" }, "sft, dpo, orpo"),
        ["beta"] = (s => s with { Beta = 0.2 }, "only with objective dpo or objective orpo"),
        ["beta "] = (s => s with { Objective = "orpo", Beta = 0 }, "above 0"),
        ["label_smoothing"] = (s => s with { Objective = "orpo", LabelSmoothing = 0.1 }, "only with objective dpo"),
        ["label_smoothing "] = (s => s with { Objective = "dpo", LabelSmoothing = 0.5 }, "below 0.5"),
        ["packing"] = (s => s with { Objective = "dpo", Packing = true }, "not used with objective dpo"),
        ["lora_r"] = (_ => TinyStories.LoraSpec(1) with { LoraR = 0 }, "from 1"),
        ["lora_alpha"] = (_ => TinyStories.LoraSpec(1) with { LoraAlpha = double.NaN }, "above 0"),
        ["lora_dropout"] = (_ => TinyStories.LoraSpec(1) with { LoraDropout = 1 }, "below 1"),
        ["use_dora"] = (s => s with { UseDora = true }, "only with method lora"),
        ["lora_target_modules"] = (_ => TinyStories.LoraSpec(1) with { LoraTargetModules = ["q_proj", "w1"] }, "q_proj, k_proj"),
        ["layers_to_transform"] = (_ => TinyStories.LoraSpec(1) with { LayersToTransform = [2, 2] }, "twice"),
        ["layers_to_transform "] = (
            _ => TinyStories.LoraSpec(1) with { LayersToTransform = [2], LoraTargetModules = ["model.layers.0.self_attn.q_proj"] },
            "lora_target_modules are in other layers"),
        ["lisa_strategy"] = (s => s with { LisaStrategy = "all" }, "round-robin"),
        ["lr_scheduler_type"] = (s => s with { LrSchedulerType = "step" }, "cosine"),
        ["dtype"] = (s => s with { Dtype = "int8" }, "bfloat16"),
        ["compute_dtype"] = (s => s with { ComputeDtype = "bfloat16" }, "weights of dtype float32 are computed in float32"),
        ["compute_dtype "] = (s => s with { ComputeDtype = "float16" }, "bfloat16"),
        ["optimizer_state_dtype"] = (s => s with { OptimizerStateDtype = "float16" }, "bfloat16"),
        ["lisa_activated_layers"] = (s => s with { LisaActivatedLayers = 7 }, "at most 6"),
        ["lisa_activated_layers "] = (s => s with { LisaActivatedLayers = 0, TrainEmbeddings = false }, "nothing would train"),
        ["lisa_interval_steps"] = (s => s with { LisaIntervalSteps = 0 }, "from 1"),
        ["lisa_interval_steps "] = (s => s with { Method = TrainingMethods.Full, LisaIntervalSteps = 5 }, "not used with method full"),
        ["lisa_strategy "] = (s => TinyStories.FullSpec(1) with { LisaStrategy = "round-robin" }, "not used with method full"),
        ["lisa_strategy  "] = (s => TinyStories.BadamSpec(1, 5) with { LisaStrategy = "round-robin" }, "not used with method badam"),
        ["train_embeddings "] = (s => TinyStories.BadamSpec(1, 5) with { TrainEmbeddings = false }, "not used with method badam"),
        ["optim"] = (s => TinyStories.FullSpec(1) with { Method = TrainingMethods.Galore, Optim = "muon" }, "not used with method galore"),
        ["galore_rank"] = (s => s with { GaloreRank = 5 }, "only with method galore or optim galore"),
        ["galore_rank "] = (s => s with { Optim = "galore", GaloreRank = 0 }, "from 1"),
        ["galore_scale"] = (s => s with { Optim = "galore", GaloreScale = 0 }, "above 0"),
        ["apollo_rank"] = (s => s with { Optim = "galore", ApolloRank = 5 }, "only with method apollo or optim apollo"),
        ["apollo_scale_type"] = (s => s with { Optim = "apollo", ApolloScaleType = "row" }, "channel, tensor"),
        ["stochastic_rounding"] = (
            s => TinyStories.FullSpec(1) with { Dtype = "bfloat16", StochasticRounding = true },
            "only with optimizer_state_dtype bfloat16 or method lisa or method badam"),
        ["stochastic_rounding "] = (s => s with { StochasticRounding = true }, "with dtype float32 and optimizer_state_dtype float32 there are none"),
        ["lisa_warmup_steps"] = (s => s with { LisaWarmupSteps = 5 }, "at most 4, lisa_interval_steps"),
        ["lisa_warmup_steps "] = (s => TinyStories.FullSpec(1) with { LisaWarmupSteps = 1 }, "not used with method full"),
        ["badam_switch_interval"] = (s => s with { BadamSwitchInterval = 5 }, "only with method badam"),
        ["badam_switch_interval "] = (s => TinyStories.BadamSpec(1, 0), "from 1"),
        ["train_embeddings"] = (
            s => TinyStories.FullSpec(1) with { TrainEmbeddings = false },
            "use method lisa with lisa_activated_layers 6, and lisa_interval_steps of at least all steps"),
        ["lisa_activated_layers  "] = (
            s => s with { LisaStrategy = "fixed", LisaFixedLayers = [0], LisaActivatedLayers = 1 }, "not used with lisa_strategy fixed"),
        ["lisa_fixed_layers   "] = (s => s with { LisaFixedLayers = [0] }, "only with lisa_strategy fixed"),
        ["lisa_fixed_layers"] = (s => s with { LisaStrategy = "fixed" }, "at least one"),
        ["lisa_fixed_layers "] = (s => s with { LisaStrategy = "fixed", LisaFixedLayers = [0, 6] }, "6"),
        ["lisa_fixed_layers  "] = (s => s with { LisaStrategy = "fixed", LisaFixedLayers = [3, 3] }, "twice"),
        ["max_steps"] = (s => s with { MaxSteps = 0 }, "from 1"),
        ["num_train_epochs"] = (s => s with { NumTrainEpochs = double.NaN }, "above 0"),
        ["learning_rate"] = (s => s with { LearningRate = double.NaN }, "from 0 to 10"),
        ["learning_rate "] = (s => s with { LearningRate = -1e-9 }, "from 0 to 10"),
        ["warmup_ratio"] = (s => s with { WarmupRatio = 1.1 }, "from 0 to 1"),
        ["warmup_steps"] = (s => s with { WarmupSteps = -1 }, "from 0"),
        ["weight_decay"] = (s => s with { WeightDecay = double.PositiveInfinity }, "from 0 to 1"),
        ["max_grad_norm"] = (s => s with { MaxGradNorm = -1 }, "at least 0"),
        ["adam_beta1"] = (s => s with { AdamBeta1 = 1 }, "below 1"),
        ["adam_beta2"] = (s => s with { AdamBeta2 = -0.1 }, "below 1"),
        ["adam_epsilon"] = (s => s with { AdamEpsilon = 0 }, "above 0"),
        ["per_device_train_batch_size"] = (s => s with { PerDeviceTrainBatchSize = 0 }, "from 1"),
        ["gradient_accumulation_steps"] = (s => s with { GradientAccumulationSteps = 65537 }, "65536"),
        ["gradient_lanes"] = (s => s with { GradientLanes = -1 }, "from 1 to 65536"),
        ["replicas"] = (s => s with { Replicas = "two" }, "auto or a whole number from 1 to 9999"),
        ["block_size"] = (s => s with { BlockSize = 257 }, "256"),
        ["save_steps"] = (s => s with { SaveSteps = -1 }, "from 0"),
        ["eval_steps"] = (s => s with { EvalSteps = -1 }, "from 0"),
        ["threads"] = (s => s with { Threads = -1 }, "from 1 to 1024"),
        ["run_name"] = (s => s with { RunName = "../x" }, "letters"),
        ["priority"] = (s => s with { Priority = 101 }, "from -100 to 100"),
    };

    public static TheoryData<string> Wrong => [.. s_wrong.Keys];

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Validate_error_names_the_setting_and_what_would_be_right(string name)
    {
        var (change, says) = s_wrong[name];
        var spec = change(TinyStories.Spec(1));
        var error = Assert.Throws<InvalidTrainingSettingException>(() => TrainingSpecValidator.Validate(spec, TinyStories.Config));
        Assert.Equal(name.Trim(), error.Setting);
        Assert.StartsWith(name.Trim() + " ", error.Message, StringComparison.Ordinal);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.Contains(typeof(TrainingSpec).GetProperties(), p => JsonNamingPolicy.SnakeCaseLower.ConvertName(p.Name) == error.Setting);
    }

    [Fact]
    public void Validate_values_at_the_edge_are_allowed()
    {
        var spec = TinyStories.Spec(1) with
        {
            LisaActivatedLayers = 0,
            LearningRate = 0,
            WarmupRatio = 1,
            MaxGradNorm = 0,
            BlockSize = 256,
            SaveSteps = 0,
            AdamBeta1 = 0,
            MaxSteps = int.MaxValue,
        };
        TrainingSpecValidator.Validate(spec, TinyStories.Config);
        TrainingSpecValidator.Validate(spec with { LisaActivatedLayers = 6, BlockSize = 2 }, TinyStories.Config);
        TrainingSpecValidator.Validate(spec with { Dtype = "bfloat16", StochasticRounding = true }, TinyStories.Config);
    }

    [Theory]
    [InlineData(0, 0.03, "{warmup_ratio}")]
    [InlineData(5, 0.03, "{warmup_steps}")]
    public void CheckNew_warmup_that_constant_does_not_have_is_refused_unless_it_was_there(long steps, double ratio, string named)
    {
        var spec = TinyStories.Spec(1) with { LrSchedulerType = "constant", WarmupSteps = steps, WarmupRatio = ratio };
        var error = Assert.Throws<InvalidTrainingSettingException>(() => TrainingSpecValidator.CheckNew(spec, was: null));
        Assert.Equal("lr_scheduler_type", error.Setting);
        Assert.Contains("write constant_with_warmup, or leave " + named, error.Problem, StringComparison.Ordinal);
        var linear = spec with { LrSchedulerType = "linear" };
        Assert.Throws<InvalidTrainingSettingException>(() => TrainingSpecValidator.CheckNew(spec, was: linear));

        TrainingSpecValidator.CheckNew(spec, was: spec);
        TrainingSpecValidator.CheckNew(spec with { LrSchedulerType = "constant_with_warmup" }, was: null);
        TrainingSpecValidator.CheckNew(spec with { WarmupSteps = 0, WarmupRatio = 0 }, was: null);
    }

    // Its frequencies are others for all rows of a micro-batch in which one is longer than 16.
    [Fact]
    public void CheckLengths_pairs_whose_reference_would_depend_on_their_neighbours_are_refused()
    {
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(TinyStories.Model, "config.json")))!;
        (json["max_position_embeddings"], json["rope_scaling"]) = (16, new JsonObject { ["type"] = "dynamic", ["factor"] = 4 });
        var config = ModelConfigReader.Parse(json.ToJsonString(), "config.json");
        var spec = TinyStories.Spec(1) with { Objective = "dpo", BlockSize = 17 };
        var error = Assert.Throws<InvalidTrainingSettingException>(() => Objectives.CheckLengths(spec, config));
        Assert.StartsWith("block_size is 17", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("must be at most 16", error.Message, StringComparison.Ordinal);

        Objectives.CheckLengths(spec with { BlockSize = 16 }, config);
        Objectives.CheckLengths(spec with { Objective = "orpo" }, config);
        Objectives.CheckLengths(spec with { BlockSize = 256 }, TinyStories.Config);
    }
}
