using LisaOrleans.Model;
using LisaOrleans.Model.Tests;
using static TorchSharp.torch;

namespace LisaOrleans.Training.Tests;

/// <summary>
/// Sums by hand for the tiny model: D 16, F 24, 3 layers, 4 heads of 4 with 2 key/value heads, V 29. The embedding has
/// 29 · 16 = 464 parameters; a layer 2 · 16 (norms) + 2 · 16 · 16 (queries, output) + 2 · 8 · 16 (keys, values)
/// + 3 · 24 · 16 (feed-forward) = 1952; the head 16 + 464.
/// </summary>
public sealed class MemoryPlanTests
{
    private const long Layer = 1952;
    private const long Ends = 464 + 16 + 464;

    // Numbers of the embedding that have a gradient in a step of 16 tokens: those of as many rows.
    private const long Seen = 16 * 16;
    private const long All = Ends + (3 * Layer);

    [Theory]
    [InlineData("float32", "float32", 4, 4, 8)]
    [InlineData("bfloat16", "float32", 2, 2, 12)]
    [InlineData("bfloat16", "bfloat16", 2, 2, 4)]
    [InlineData("float16", "float32", 4, 4, 8)]
    [InlineData("float32", "bfloat16", 4, 4, 4)]
    public void Estimate_lisa_counts_gradients_and_state_of_active_parts_only(
        string dtype, string state, long weight, long gradient, long optimizer)
    {
        var lisa = Estimate(TinyModel.Config(), dtype, state, active: 1);
        Assert.Equal((All, Ends + Layer), (lisa.Parameters, lisa.TrainableParameters));
        Assert.Equal(All * weight, lisa.Weights);
        Assert.Equal((Ends - 464 + Seen + Layer) * gradient, lisa.Gradients);
        Assert.Equal((Ends + Layer) * optimizer, lisa.OptimizerState);

        var full = Estimate(TinyModel.Config(), dtype, state, active: 3);
        Assert.Equal((All, All), (full.Parameters, full.TrainableParameters));
        Assert.Equal(
            (All * weight, (All - 464 + Seen) * gradient, All * optimizer), (full.Weights, full.Gradients, full.OptimizerState));
    }

    [Fact]
    public void Estimate_fixed_layers_count_by_their_list_and_not_by_the_number_to_sample()
    {
        var sampled = new TrainingSpec { RunName = "r", BlockSize = 8, Dtype = "float32", LisaActivatedLayers = 1 };
        var listed = sampled with { LisaActivatedLayers = 2, LisaStrategy = "fixed", LisaFixedLayers = [2] };
        Assert.Equal(RunCapacity.Estimate(sampled, TinyModel.Config()), RunCapacity.Estimate(listed, TinyModel.Config()));
        Assert.Equal(Ends + Layer, RunCapacity.Estimate(listed, TinyModel.Config()).TrainableParameters);
        Assert.Equal(All, RunCapacity.Estimate(listed with { LisaFixedLayers = [0, 1, 2] }, TinyModel.Config()).TrainableParameters);
    }

    [Fact]
    public void Estimate_pairs_of_answers_are_two_sequences_each()
    {
        var spec = TinyStories.Spec(1) with { PerDeviceTrainBatchSize = 3, BlockSize = 32 };
        Assert.Equal(
            RunCapacity.Estimate(spec with { PerDeviceTrainBatchSize = 6 }, TinyModel.Config()),
            RunCapacity.Estimate(spec with { Objective = TrainingObjectives.Dpo }, TinyModel.Config()));
    }

    // Of a layer's 1952 weights 1920 are in matrices: four of 16 · 16 or 8 · 16 for attention, three of 24 · 16.
    [Theory]
    [InlineData("whole", 1952 * 2, 0)]
    [InlineData("mapped", 0, 0)]
    [InlineData("int8", (32 * 2) + 1920 + (4 * (16 + 8 + 8 + 16 + 24 + 24 + 16)), 1920 * 2)]
    [InlineData("nf4", (32 * 2) + (2 * (128 + 4 + 4)) + (2 * (64 + 2 + 4)) + (3 * (192 + 6 + 4)), 1920 * 2)]
    public void Estimate_frozen_weights_count_in_their_form_and_those_that_train_whole(string form, long frozen, long scratch)
    {
        var spec = new TrainingSpec { RunName = "r", BlockSize = 64, Dtype = "bfloat16", LisaActivatedLayers = 1, FrozenWeights = form };
        var expected = (2 * frozen) + (Layer * 2);
        var plan = RunCapacity.Estimate(spec, TinyModel.Config());
        Assert.Equal(expected + (Ends * 2), plan.Weights);
        Assert.Equal(expected + scratch + (Layer * (2 + 12)), PartWork.Of(TinyModel.Config(), spec).LayersUpTo(3)[0]);

        // Long rows take the most while layers go backward, and then there is room to unpack one.
        Assert.Equal(scratch, plan.Activations - RunCapacity.Estimate(spec with { FrozenWeights = "whole" }, TinyModel.Config()).Activations);

        // Embedding and head may be mapped, but are never packed.
        var ends = form == "mapped" ? 0 : Ends * 2;
        Assert.Equal(expected + ends, RunCapacity.Estimate(spec with { TrainEmbeddings = false }, TinyModel.Config()).Weights);
    }

    [Fact]
    public void Estimate_without_embeddings_trains_only_layers()
    {
        var plan = Estimate(TinyModel.Config(), "float32", "float32", active: 2, embeddings: false);
        Assert.Equal((2 * Layer, 2 * Layer * 4, 2 * Layer * 8), (plan.TrainableParameters, plan.Gradients, plan.OptimizerState));
    }

    // Rank 2 on queries, 2 · (16 + 16), and values, 2 · (16 + 8), of each layer; all of it in float32.
    [Theory]
    [InlineData("bfloat16", 2, 1)]
    [InlineData("float32", 4, 2)]
    public void Estimate_lora_counts_gradients_and_state_of_adapters_only(string dtype, int weight, int accumulation)
    {
        const long Adapters = 3 * (64 + 48);
        var spec = new TrainingSpec
        {
            RunName = "r",
            Method = TrainingMethods.Lora,
            LoraR = 2,
            BlockSize = 8,
            Dtype = dtype,
            GradientAccumulationSteps = accumulation,
        };
        var plan = RunCapacity.Estimate(spec, TinyModel.Config());
        Assert.Equal((All + Adapters, Adapters), (plan.Parameters, plan.TrainableParameters));
        Assert.Equal(((All * weight) + (Adapters * 4), Adapters * 4, Adapters * 8), (plan.Weights, plan.Gradients, plan.OptimizerState));

        // Queries and values have the same input; each has B's, too.
        var frozen = RunCapacity.Estimate(spec with { LayersToTransform = [0] }, TinyModel.Config());
        Assert.Equal(8 * 8 * weight * (16 + 2 + 2) * 2, plan.Activations - frozen.Activations);
        Assert.Equal(Adapters / 3, frozen.TrainableParameters);
    }

    [Fact]
    public void Estimate_biases_of_queries_keys_and_values_count()
    {
        var plan = Estimate(TinyModel.Config(bias: true), "float32", "float32", active: 1);
        Assert.Equal(All + (3 * (16 + 8 + 8)), plan.Parameters);
    }

    [Fact]
    public void Estimate_tied_matrix_is_one_weight_with_one_state()
    {
        var plan = Estimate(TinyModel.Config(tied: true), "bfloat16", "float32", active: 1);
        Assert.Equal((All - 464, Ends - 464 + Layer), (plan.Parameters, plan.TrainableParameters));
        Assert.Equal((Ends - 464 + Layer) * 12, plan.OptimizerState);
    }

    [Fact]
    public void Estimate_activations_are_those_of_active_and_frozen_layers_and_a_chunk_of_logits()
    {
        // 16 tokens. A frozen layer: 4 bytes · (16 + 4 · 16 + 3 · 24 + 16), its input, attention, feed-forward and the norm before it.
        const long Frozen = 16 * 4 * 168;

        // An active one has its matrices' inputs, 4 bytes · (2 · 16 + 24), and what the norms' weights multiply.
        const long Active = Frozen + (16 * 4 * (56 + 32));

        // Gradients of what a layer has kept come beside that, while that of the embedding's rows does not exist yet.
        Assert.Equal((2 * Active) + (2 * Frozen) - (Seen * 4), Estimate(TinyModel.Config(), "float32", "float32", active: 1).Activations);

        // With checkpointing: every layer's input, and one active layer at a time.
        Assert.Equal(
            (3 * 16 * 4 * 16) + (2 * Active) - (Seen * 4),
            Estimate(TinyModel.Config(), "float32", "float32", active: 1, checkpointing: true).Activations);

        // In bfloat16 norms have copies of their inputs in float32.
        const long Half = 16 * ((2 * 152) + (4 * 32));
        const long HalfActive = Half + (16 * ((2 * 56) + (4 * 32)));
        Assert.Equal((2 * HalfActive) + (2 * Half) - (Seen * 2), Estimate(TinyModel.Config(), "bfloat16", "float32", active: 1).Activations);
    }

    // By hand: 4 bytes for 16 tokens, 4 heads and 8 tokens of a sequence, of three layers, and again while one goes backward.
    [Theory]
    [InlineData("float32", null, true)]
    [InlineData("bfloat16", null, false)]
    [InlineData("bfloat16", 8, false)]
    [InlineData("bfloat16", 4, true)]
    public void Estimate_of_a_gpu_counts_the_scores_of_attention_that_flash_attention_does_not_take(string dtype, int? window, bool counts)
    {
        var json = $$"""
            {
              "model_type": "mistral", "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 3, "num_attention_heads": 4,
              "num_key_value_heads": 2, "vocab_size": 29, "max_position_embeddings": 32, "sliding_window": {{window?.ToString() ?? "null"}}
            }
            """;
        var config = ModelConfigReader.Parse(json, "config.json");
        var spec = new TrainingSpec { RunName = "r", Dtype = dtype, BlockSize = 8, PerDeviceTrainBatchSize = 2 };
        Assert.Equal(counts ? 4 * 4 * 16 * 4 * 8 : 0, Activations(onGpu: true) - Activations(onGpu: false));

        long Activations(bool onGpu) => RunCapacity.Estimate(spec, config, onGpu).Activations;
    }

    // At most everything is there at one time: here in the head, while none of the last micro-batch's gradients is, but sums of those before.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Estimate_of_a_large_vocabulary_counts_no_gradients_beside_logits_that_come_after_them(bool tied)
    {
        const int Vocabulary = 64_000;
        const int Tokens = 2 * 8;
        var plan = Estimate(
            TinyModel.Config(tied) with { VocabSize = Vocabulary }, "float32", "float32", active: 1, accumulation: 2, lanes: 2);
        // The head's use of a tied matrix, or its own; the rows of the tokens of both lanes; the norm's 16, and the layer.
        long ofOneLane = 4 * ((Vocabulary * 16) + (2 * Tokens * 16) + 16 + Layer);
        Assert.Equal(2 * ofOneLane, plan.Gradients);

        // What layers keep is little beside that.
        var logits = 12L * Tokens * Vocabulary;
        Assert.InRange(plan.Gradients + plan.Activations, ofOneLane + logits, ofOneLane + logits + 100_000);
    }

    [Fact]
    public void Estimate_logits_of_a_large_vocabulary_are_those_of_one_chunk()
    {
        var large = TinyModel.Config() with { VocabSize = 128_256 };
        var options = new MemoryPlanOptions
        {
            ActiveLayers = 0,
            TrainEmbeddings = false,
            Dtypes = PartDtypes.Parse("bfloat16", "float32"),
            Optimizer = TinyModel.AdamW,
            BatchSize = 1,
            SequenceLength = 8192,
        };
        // 2^26 / 128256 = 523 tokens, and 2^26 / 64000 = 1048. For each logit its logarithm, and two gradients.
        var less = MemoryPlan.Estimate(large with { VocabSize = 64_000 }, options).Activations;
        Assert.Equal(((523L * 128_256) - (1048L * 64_000)) * 12, MemoryPlan.Estimate(large, options).Activations - less);
    }

    [Theory]
    [InlineData("bfloat16", 12, 2)]
    [InlineData("float32", 12, 4)]
    public void Estimate_copies_of_a_manifest_are_masters_moments_and_layers_that_slept(string dtype, int state, int weight)
    {
        var spec = new TrainingSpec
        {
            RunName = "r",
            BlockSize = 8,
            Dtype = dtype,
            LisaActivatedLayers = 1,
            LisaIntervalSteps = 5,
            SaveSteps = 11,
        };
        Assert.Equal(((Ends + Layer) * state) + (2 * Layer * weight), RunCapacity.Estimate(spec, TinyModel.Config()).Copies);

        // Other forms store a layer when it falls asleep.
        Assert.Equal((Ends + Layer) * state, RunCapacity.Estimate(spec with { FrozenWeights = "mapped" }, TinyModel.Config()).Copies);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(true, false)]
    public void Estimate_computed_in_float32_is_what_parts_hold_and_room_to_widen_a_layer(bool tied, bool ends)
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config(tied);
        var spec = new TrainingSpec
        {
            RunName = "r",
            BlockSize = 64,
            Dtype = "bfloat16",
            ComputeDtype = "float32",
            LisaActivatedLayers = 1,
            TrainEmbeddings = ends,
        };
        using var chain = new PartChain(config, RunDtypes.Of(spec), TinyModel.AdamW, TinyModel.Weights(config, dtype: ScalarType.BFloat16));
        ModelPart[] trainable = ends ? [chain.Embedding, chain.Layers[1], chain.Head] : [chain.Layers[1]];
        foreach (var part in trainable) part.MakeTrainable();
        chain.Train(0, TinyModel.Ids(config, 32, 1), TinyModel.Ids(config, 32, 2), 2, 1.0 / 32);

        var plan = RunCapacity.Estimate(spec, config);
        Assert.Equal(plan.Weights, chain.Parts.Sum(p => p.WeightBytes));
        Assert.Equal(plan.OptimizerState, chain.Parts.Sum(p => p.OptimizerBytes));
        Assert.Equal(plan.Gradients, chain.Parts.Sum(p => p.GradientBytes));
        var same = RunCapacity.Estimate(spec with { Dtype = "float32", ComputeDtype = "auto" }, config);
        Assert.Equal(same.Activations + (4 * Layer), plan.Activations);

        // Placement counts the same, gradients and the room among them.
        Assert.Equal(plan.Weights + plan.Gradients + plan.OptimizerState + (4 * Layer), PartWork.Of(config, spec).TotalBytes);
    }

    // What the parts themselves hold at the end of a step's last backward pass.
    [Theory]
    [InlineData("float32", "float32", false, 1)]
    [InlineData("float32", "float32", true, 2)]
    [InlineData("bfloat16", "float32", false, 1)]
    [InlineData("bfloat16", "float32", false, 2)]
    [InlineData("bfloat16", "bfloat16", true, 1)]
    [InlineData("bfloat16", "bfloat16", true, 2)]
    [InlineData("float32", "float32", false, 4, 4)]
    [InlineData("float32", "float32", true, 9, 3)]
    [InlineData("bfloat16", "float32", false, 4, 4)]
    [InlineData("bfloat16", "float32", true, 4, 4)]
    [InlineData("bfloat16", "float32", false, 8, 4)]
    [InlineData("bfloat16", "float32", true, 2, 2)]
    [InlineData("bfloat16", "float32", true, 8, 4)]
    public void Estimate_equals_what_parts_hold(string dtype, string state, bool tied, int accumulation, int lanes = 1)
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config(tied);
        var dtypes = PartDtypes.Parse(dtype, state);
        using var chain = new PartChain(config, dtypes, TinyModel.AdamW, TinyModel.Weights(config, dtype: dtypes.Compute), lanes: lanes);
        ModelPart[] trainable = [chain.Embedding, chain.Layers[1], chain.Head];
        foreach (var part in trainable) part.MakeTrainable();

        // All different in one micro-batch; in several, each has all tokens of the vocabulary.
        var tokens = accumulation == 1 ? 16 : 32;
        foreach (var i in GradientLanes.Order(accumulation, lanes))
            chain.Train(i, TinyModel.Ids(config, tokens, i), TinyModel.Ids(config, tokens, i + 5), 2, 1.0 / tokens);

        var plan = Estimate(config, dtype, state, active: 1, accumulation: accumulation, lanes: lanes);
        Assert.Equal(plan.Weights, chain.Parts.Sum(p => p.WeightBytes));
        Assert.Equal(plan.OptimizerState, chain.Parts.Sum(p => p.OptimizerBytes));
        Assert.Equal(plan.Gradients, chain.Parts.Sum(p => p.GradientBytes));

        // Placement counts the same.
        var spec = new TrainingSpec
        {
            RunName = "r",
            BlockSize = 8,
            PerDeviceTrainBatchSize = 2,
            Dtype = dtype,
            OptimizerStateDtype = state,
            LisaActivatedLayers = 1,
            GradientAccumulationSteps = accumulation,
            GradientLanes = lanes,
        };
        Assert.Equal(plan.Weights + plan.Gradients + plan.OptimizerState, PartWork.Of(config, spec).TotalBytes);
    }

    public static TheoryData<string> AllOptimizers => [.. Optimizers.All.Names];

    [Theory]
    [MemberData(nameof(AllOptimizers))]
    public void Estimate_state_of_every_optimizer_is_what_parts_hold(string optim)
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config();
        var dtypes = PartDtypes.Parse("bfloat16", "float32");
        var optimizer = Optimizers.All[optim].Create(TinyStories.Spec(1) with { GaloreRank = 3, ApolloRank = 2 });
        using var chain = new PartChain(config, dtypes, optimizer, TinyModel.Weights(config, dtype: dtypes.Compute));
        foreach (var part in chain.Parts) part.MakeTrainable();
        var plan = MemoryPlan.Estimate(config, new MemoryPlanOptions
        {
            ActiveLayers = config.NumHiddenLayers,
            Dtypes = dtypes,
            Optimizer = optimizer,
            BatchSize = 1,
            SequenceLength = 8,
        });
        Assert.Equal(plan.OptimizerState, chain.Parts.Sum(p => p.OptimizerBytes));
    }

    // By hand: a matrix of 4096 x 11008, its step and their sum in float32, and a square of 4096, beside the step's gradients.
    [Fact]
    public void Estimate_of_muon_counts_what_the_update_of_its_largest_matrix_takes()
    {
        var config = Wide(32);
        var plan = RunCapacity.Estimate(
            new TrainingSpec { RunName = "r", BlockSize = 8, Dtype = "bfloat16", Optim = "muon", GradientAccumulationSteps = 2 }, config);
        const long Update = 4 * ((3L * 4096 * 11008) + (4096L * 4096));
        Assert.Equal((plan.TrainableParameters * 4) + Update, plan.Gradients + plan.Activations);
    }

    // By hand: of 128,256 x 4096 numbers of the embedding float32 copies of weight and moments, chances and a rounded number, beside the
    // step's gradients. Of pieces of 2^24 numbers that is little.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Estimate_of_rounding_by_chance_counts_whole_tensors_of_older_runs_and_pieces_of_new_ones(bool inPieces)
    {
        const long Vocabulary = 128_256;
        var config = Wide(Vocabulary);
        var spec = new TrainingSpec
        {
            RunName = "r",
            BlockSize = 8,
            PerDeviceTrainBatchSize = 1,
            Dtype = "bfloat16",
            OptimizerStateDtype = "bfloat16",
            StochasticRounding = true,
            RoundsInPieces = inPieces,
            GradientAccumulationSteps = 2,
        };
        var plan = RunCapacity.Estimate(spec, config);
        var gradients = plan.TrainableParameters - ((Vocabulary - 16) * 4096);
        if (inPieces) Assert.InRange(plan.Gradients + plan.Activations, 0, (6 * gradients) + (20L << 24));
        else Assert.Equal((4 * gradients) + (20 * Vocabulary * 4096), plan.Gradients + plan.Activations);

        // A stage of layers alone has no embedding to update, and one without layers that train nothing but ends.
        var pass = BackwardPass.Of(config, spec, onGpu: false);
        var ends = pass.Peak(default, hasEmbedding: true, hasHead: false, inFlight: 1);
        if (!inPieces) Assert.Equal((4L * 16 * 4096) + (20 * Vocabulary * 4096), ends.Gradients + ends.Activations);
    }

    // By hand: the sum of its matrix and an adapter, and their squares, in float32; two numbers in float32 for each that may be dropped.
    [Theory]
    [InlineData(true, false, 8L * 4096 * 11008)]
    [InlineData(true, true, 8L * 4096 * 11008)]
    [InlineData(false, false, 0)]
    public void Estimate_of_dora_counts_the_lengths_of_its_largest_matrix(bool dora, bool recomputed, long lengths)
    {
        var spec = new TrainingSpec
        {
            RunName = "r",
            Method = TrainingMethods.Lora,
            UseDora = dora,
            LoraTargetModules = [LoraOptions.AllLinear],
            BlockSize = 8,
            PerDeviceTrainBatchSize = 1,
            Dtype = "bfloat16",
            GradientCheckpointing = recomputed,
        };
        Assert.InRange(RunCapacity.Estimate(spec, Wide(32)).Activations, lengths, lengths + 10_000_000);
    }

    [Theory]
    [InlineData("bfloat16", 4)]
    [InlineData("float32", 0)]
    public void Passing_of_dropout_is_of_the_widest_input(string dtype, long bytes)
    {
        var size = dtype == "float32" ? 4 : 2;
        var lora = new LoraOptions { Dropout = 0.1, TargetModules = [LoraOptions.AllLinear] };
        Assert.Equal(bytes * 64 * 11008, lora.Passing(Wide(32), 0, tokens: 64, size));
        Assert.Equal(0, (lora with { Dropout = 0 }).Passing(Wide(32), 0, tokens: 64, size));
    }

    // Moments of 8 bytes for each weight; a GPU's are not in its own memory while they are stored.
    [Fact]
    public void Estimate_counts_the_moments_of_layers_that_have_fallen_asleep_until_they_are_stored()
    {
        var dropped = new TrainingSpec { RunName = "r", BlockSize = 8, Dtype = "bfloat16", LisaActivatedLayers = 2 };
        var kept = dropped with { LisaKeepOptimizerState = true };
        Assert.Equal(2 * Layer * 8, State(kept) - State(dropped));
        Assert.Equal(State(dropped, onGpu: true), State(kept, onGpu: true));
        Assert.Equal(Copies(dropped), Copies(kept));
        Assert.Equal(2 * Layer * 8, Held(kept, onGpu: false) - Held(dropped, onGpu: false));
        Assert.Equal(Held(dropped, onGpu: true), Held(kept, onGpu: true));

        static long State(TrainingSpec spec, bool onGpu = false) => RunCapacity.Estimate(spec, TinyModel.Config(), onGpu).OptimizerState;

        // Placement counts the same.
        static double Held(TrainingSpec spec, bool onGpu) => StageMemory.Of(TinyModel.Config(), spec, 0).LayersUpTo(3, onGpu)[0].Held;

        static long Copies(TrainingSpec spec) => RunCapacity.Estimate(spec, TinyModel.Config()).Copies;
    }

    private static ModelConfig Wide(long vocabulary) => ModelConfigReader.Parse(
        $$"""
        {
          "model_type": "llama", "hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 1, "num_attention_heads": 32,
          "vocab_size": {{vocabulary}}, "max_position_embeddings": 32
        }
        """,
        "config.json");

    // Two sequences of eight tokens.
    private static MemoryEstimate Estimate(
        ModelConfig config, string dtype, string state, int active, bool embeddings = true, bool checkpointing = false, int accumulation = 1,
        int lanes = 1)
    {
        var plan = MemoryPlan.Estimate(config, new MemoryPlanOptions
        {
            ActiveLayers = active,
            TrainEmbeddings = embeddings,
            Dtypes = PartDtypes.Parse(dtype, state),
            Optimizer = TinyModel.AdamW,
            BatchSize = 2,
            SequenceLength = 8,
            GradientAccumulationSteps = accumulation,
            GradientLanes = lanes,
            GradientCheckpointing = checkpointing,
        });
        Assert.Equal(plan.Weights + plan.Gradients + plan.OptimizerState + plan.Activations, plan.Tensors);
        Assert.Equal(plan.Tensors + plan.OfProcess, plan.Total);
        Assert.InRange(plan.OfProcess, MemoryEstimate.Process, MemoryEstimate.Process + (plan.Tensors / 5));
        return plan;
    }
}
