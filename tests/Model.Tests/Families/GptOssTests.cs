using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

public sealed class GptOssTests
{
    private static readonly ModelConfig s_config = Parse(GptOssReference.First.Config);

    // The references would prove nothing about a feature that makes no difference in them.
    [Theory]
    [InlineData("\"sliding_window\": 4", "\"sliding_window\": 13")]
    [InlineData("\"swiglu_limit\": 0.6", "\"swiglu_limit\": 60")]
    [InlineData("\"swiglu_limit\": 0.6", "\"swiglu_limit\": 0.6, \"swiglu_alpha\": 1.7")]
    [InlineData("\"truncate\": false", "\"truncate\": true")]
    [InlineData("\"factor\": 4.0", "\"factor\": 5.0")]
    [InlineData("\"num_experts_per_tok\": 2, \"experts_per_token\": 2", "\"num_experts_per_tok\": 3")]
    public void Logits_each_special_field_changes_them(string right, string other)
    {
        using var scope = NewDisposeScope();
        Assert.Contains(right, GptOssReference.First.Config, StringComparison.Ordinal);
        var changed = Parse(GptOssReference.First.Config.Replace(right, other, StringComparison.Ordinal));
        Assert.True(Difference(Logits(s_config, TinyModel.Weights(s_config)), Logits(changed, TinyModel.Weights(s_config))) > 1e-4);
    }

    [Theory]
    [InlineData("self_attn.sinks")]
    [InlineData("mlp.router.bias")]
    [InlineData("mlp.experts.gate_up_proj_bias")]
    [InlineData("mlp.experts.down_proj_bias")]
    public void Logits_each_special_weight_changes_them(string name)
    {
        using var scope = NewDisposeScope();
        var without = TinyModel.Weights(s_config);
        without["model.layers.1." + name].zero_();
        Assert.True(Difference(Logits(s_config, TinyModel.Weights(s_config)), Logits(s_config, without)) > 1e-4);
    }

    [Fact]
    public void Apply_experts_without_tokens_have_the_gradient_0_and_decay_with_the_others()
    {
        using var scope = NewDisposeScope();
        var before = TinyModel.Clone(TinyModel.Weights(s_config));
        using var chain = new PartChain(s_config, TinyModel.Float32, TinyModel.AdamW, TinyModel.Weights(s_config));
        foreach (var part in chain.Parts) part.MakeTrainable();
        chain.Train(0, TinyModel.Ids(s_config, 13, 4), TinyModel.Ids(s_config, 13, 5), rows: 1, scale: 0.1);

        var down = chain.Layers.SelectMany(l => l.Parameters).First(p => p.Spec.Name.EndsWith("experts.down_proj", StringComparison.Ordinal));
        using var gradient = down.Value.grad!;
        var idle = gradient.abs().amax([1, 2]).eq(0).data<bool>().ToArray();
        Assert.Contains(true, idle);
        Assert.Contains(false, idle);

        foreach (var part in chain.Parts) part.Apply(0.01, 1);
        for (var e = 0; e < idle.Length; e++)
        {
            if (!idle[e]) continue;
            var (was, now) = (before[down.Spec.Name][e], down.Value[e]);
            Assert.InRange(Difference(was * (1 - (0.01 * TinyModel.AdamW.WeightDecay)), now), 0, 1e-7);
            Assert.NotEqual(0, Difference(was, now));
        }
    }

    // Trainer spares what it takes by its name for a norm or a bias.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Apply_without_gradients_decays_matrices_and_where_told_so_sinks(bool decays)
    {
        using var scope = NewDisposeScope();
        var optimizer = TinyModel.AdamW with { WeightDecay = 0.5, DecaysSinks = decays };
        using var chain = new PartChain(s_config, TinyModel.Float32, optimizer, TinyModel.Weights(s_config));
        foreach (var parameter in chain.Layers[0].Parameters)
        {
            parameter.MakeTrainable(optimizer);
            var before = parameter.Value.detach().clone();
            OneUpdate.Apply(parameter, zeros_like(before), 1, 0.1, optimizer);
            var name = parameter.Spec.Name;
            var spared = name.Contains("norm", StringComparison.Ordinal) || name.EndsWith("bias", StringComparison.Ordinal)
                || (name.EndsWith(".sinks", StringComparison.Ordinal) && !decays);
            Assert.True(Difference(before * (spared ? 1 : 0.95), parameter.Value.detach()) < 1e-6, name);
        }
    }

    [Fact]
    public void LayerSpecs_layer_with_experts_counts_all_and_weights_per_token_the_chosen()
    {
        // Maps of 4 and 2 heads of 6 with biases, sinks, router of 20, two norms; an expert 3 · 16 · 10 + 2 · 10 + 16.
        var others = (2 * (16 * 24)) + (2 * (16 * 12)) + 24 + 12 + 12 + 16 + 4 + (20 * 16) + 20 + 16 + 16;
        Assert.Equal(others + (20 * 516), s_config.LayerSpecs(0).Sum(s => s.Count));
        Assert.Equal(others + (2 * 516), s_config.WeightsPerToken(0));

        // Each expert of a token: 6 · 10 inside, its output and its share; copies of its input and the last product to train.
        var attention = new SavedNumbers(4 * 4 * 8, 0, 0);
        var experts = new SavedNumbers(2 * (60 + 16 + 1), 2 * (10 + 16), 20 + (9 * 2));

        // In float32 what each norm normalises, and where it trains what its weight multiplies; that of the first is the layer's input.
        var norms = new SavedNumbers(0, 0, Float32: 16, Float32WhenActive: 2 * 16, Copies: 16);

        // The layer's input; where it trains, the inputs of both blocks.
        Assert.Equal(new SavedNumbers(16, 2 * 16, 0) + attention + experts + norms, s_config.SavedByLayer(0, 13));
    }

    [Theory]
    [InlineData("\"experts_per_token\": 2", "\"experts_per_token\": 3", "field 'experts_per_token' is 3, but num_experts_per_tok is 2")]
    [InlineData("\"hidden_act\": \"silu\"", "\"hidden_act\": \"gelu\"", "field 'hidden_act' must be silu")]
    [InlineData("\"rope_scaling\"", "\"use_cache\": true, \"x_rope\"", "field 'rope_parameters' is missing")]
    [InlineData("\"swiglu_limit\": 0.6", "\"swiglu_limit\": 0", "field 'swiglu_limit' is 0; it must be a number above 0")]
    [InlineData(
        "\"sliding_window\": 4",
        "\"sliding_window\": null, \"layer_types\": [\"full_attention\", \"sliding_attention\", \"full_attention\"]",
        "sliding_window must then be a number")]
    public void Parse_field_that_cannot_be_followed_is_refused(string right, string wrong, string says)
    {
        Assert.Contains(right, GptOssReference.First.Config, StringComparison.Ordinal);
        var e = Assert.Throws<ModelConfigException>(() => Parse(GptOssReference.First.Config.Replace(right, wrong, StringComparison.Ordinal)));
        Assert.Contains(says, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_file_as_openai_publishes_it_is_read()
    {
        var types = string.Join(", ", Enumerable.Range(0, 24).Select(i => i % 2 == 0 ? "\"sliding_attention\"" : "\"full_attention\""));
        var config = Assert.IsType<GptOss>(Parse($$"""
            {
              "architectures": ["GptOssForCausalLM"], "attention_bias": true, "attention_dropout": 0.0, "eos_token_id": 200002,
              "experts_per_token": 4, "head_dim": 64, "hidden_act": "silu", "hidden_size": 2880, "initial_context_length": 4096,
              "initializer_range": 0.02, "intermediate_size": 2880, "layer_types": [{{types}}], "max_position_embeddings": 131072,
              "model_type": "gpt_oss", "num_attention_heads": 64, "num_experts_per_tok": 4, "num_hidden_layers": 24,
              "num_key_value_heads": 8, "num_local_experts": 32, "output_router_logits": false, "pad_token_id": 199999,
              "quantization_config": {"modules_to_not_convert": ["model.layers.*.self_attn"], "quant_method": "mxfp4"},
              "rms_norm_eps": 1e-05, "rope_scaling": {
                "beta_fast": 32.0, "beta_slow": 1.0, "factor": 32.0, "original_max_position_embeddings": 4096, "rope_type": "yarn", "truncate": false
              },
              "rope_theta": 150000, "router_aux_loss_coef": 0.9, "sliding_window": 128, "swiglu_limit": 7.0,
              "tie_word_embeddings": false, "transformers_version": "4.55.0.dev0", "use_cache": true, "vocab_size": 201088
            }
            """));

        // gpt-oss-20b: 20.9 billion parameters, 3.6 of them met by a token beside the embedding (model card).
        Assert.Equal(20.9, config.AllSpecs().Sum(s => s.Count) / 1e9, 0.05);
        var met = Enumerable.Range(0, 24).Sum(config.WeightsPerToken) + config.HeadSpecs().Sum(s => s.Count);
        Assert.Equal(3.6, met / 1e9, 0.05);
        Assert.Equal(WeightQuantization.Mxfp4, config.Quantization?.Method);
        Assert.Equal((0.1 * Math.Log(32)) + 1, Assert.IsType<YarnRopeScaling>(config.Rope.Scaling).AttentionFactor, 12);
    }

    [Theory]
    [InlineData("\"sliding_window\": null", null)]
    [InlineData("\"use_cache\": true", 128)]
    public void Windows_sliding_window_null_means_none_and_missing_means_the_default(string field, int? window)
    {
        var config = Parse(GptOssReference.First.Config.Replace("\"sliding_window\": 4", field, StringComparison.Ordinal));
        Assert.Equal([window, null, window], Assert.IsType<GptOss>(config).Windows);
    }

    private static ModelConfig Parse(string json) => ModelConfigReader.Parse(json, "config.json");

    private static Tensor Logits(ModelConfig config, Dictionary<string, Tensor> weights)
    {
        using var model = new CausalLanguageModel(config, TinyModel.Float32, weights);
        return model.Logits(TinyModel.Ids(config, 13, 1)).clone();
    }

    private static double Difference(Tensor a, Tensor b) => (a - b).abs().max().item<float>();
}
