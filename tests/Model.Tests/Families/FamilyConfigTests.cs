namespace LisaOrleans.Model.Tests;

/// <summary>What each family refuses and accepts in its config.json, beyond what all have in common.</summary>
public sealed class FamilyConfigTests
{
    [Theory]
    [InlineData("phi3", "\"rope_scaling\": {\"type\": \"yarn\", \"factor\": 4.0}", "'rope_scaling'", "longrope")]
    [InlineData(
        "phi3", "\"rope_scaling\": {\"type\": \"longrope\", \"short_factor\": [1.0], \"long_factor\": [1.0]}",
        "'rope_scaling.short_factor'", "list of 2")]
    [InlineData("phi3", "\"full_attn_mod\": 2", "'full_attn_mod'", "only 1")]
    [InlineData("phi3", "\"partial_rotary_factor\": 0.8", "'partial_rotary_factor'", "even number")]
    [InlineData(
        "phi3", "\"partial_rotary_factor\": 0.5, \"rope_parameters\": {\"partial_rotary_factor\": 1.0}",
        "'rope_parameters.partial_rotary_factor'", "agree")]
    [InlineData("phi3", "\"attention_bias\": true", "'attention_bias'", "granite")]
    [InlineData("smollm3", "\"no_rope_layers\": [1]", "'no_rope_layers'", "each of the 2 layers")]
    [InlineData("smollm3", "\"no_rope_layers\": [1, 2]", "'no_rope_layers'", "0 or 1")]
    [InlineData("ministral3", "\"eos_token_id\": 2", "'rope_parameters'", "is missing")]
    [InlineData(
        "llama", "\"rope_parameters\": {\"rope_theta\": 7.0, \"llama_4_scaling_beta\": 0.1}",
        "'rope_parameters.llama_4_scaling_beta'", "not implemented")]
    [InlineData("llama", "\"residual_multiplier\": 0.22", "'residual_multiplier'", "granite")]
    [InlineData("llama", "\"no_rope_layers\": [1, 0]", "'no_rope_layers'", "smollm3")]
    [InlineData("granite", "\"logits_scaling\": 0", "'logits_scaling'", "above 0")]
    [InlineData("olmo2", "\"layer_types\": [\"sliding_attention\", \"full_attention\"]", "'layer_types'", "olmo3")]
    [InlineData(
        "olmo3", "\"sliding_window\": null, \"layer_types\": [\"sliding_attention\", \"full_attention\"]",
        "'layer_types'", "sliding_window")]
    [InlineData(
        "ministral3", "\"rope_parameters\": {\"rope_theta\": 7.0}, \"sliding_window\": 4, "
            + "\"layer_types\": [\"sliding_attention\", \"full_attention\"]",
        "'layer_types' holds full_attention", "window of 4")]
    [InlineData(
        "phi3", "\"sliding_window\": 4, \"layer_types\": [\"sliding_attention\", \"full_attention\"]",
        "'layer_types' holds full_attention", "window of 4")]
    [InlineData(
        "gemma", "\"hidden_act\": \"silu\", \"hidden_activation\": \"gelu_pytorch_tanh\"",
        "'hidden_act' is 'silu', but hidden_activation is 'gelu_pytorch_tanh'")]
    [InlineData("gemma3_text", "\"attn_logit_softcapping\": 50.0", "'attn_logit_softcapping' is 50", "must be null")]
    [InlineData("gemma2", "\"use_bidirectional_attention\": true", "'use_bidirectional_attention'", "does not implement")]
    [InlineData(
        "gemma2", "\"sliding_window\": 7, \"sliding_window_size\": 8", "'sliding_window_size' is 8, but sliding_window is 7")]
    [InlineData(
        "gemma3_text", "\"_sliding_window_pattern\": 4", "'_sliding_window_pattern' is 4", "sliding_window_pattern counts", "missing, which means 6")]
    [InlineData(
        "gemma3_text", "\"sliding_window_pattern\": 3, \"_sliding_window_pattern\": 6", "'_sliding_window_pattern' is 6", "which is 3")]
    [InlineData("llama", "\"activation\": \"relu2\"", "'activation' is 'relu2'", "only swiglu")]
    [InlineData("llama", "\"activation\": \"swiglu\", \"hidden_act\": \"gelu\"", "'activation' is 'swiglu'", "hidden_act silu")]
    [InlineData("llama", "\"is_llama_config\": true, \"rope_interleaved\": true", "'rope_interleaved' is true", "does not implement")]
    [InlineData(
        "llama", "\"rope_theta\": 5.0, \"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": 7.0}",
        "'rope_parameters.rope_theta' is 7, and rope_theta outside of it 5", "must agree")]
    [InlineData(
        "qwen2", "\"rope_theta\": 5.0, \"rope_scaling\": {\"type\": \"linear\", \"factor\": 2.0, \"rope_theta\": 7.0}",
        "'rope_scaling.rope_theta' is 7, and rope_theta outside of it 5", "must agree")]
    [InlineData(
        "llama", "\"original_max_position_embeddings\": 8, "
            + "\"rope_scaling\": {\"type\": \"yarn\", \"factor\": 2.0, \"original_max_position_embeddings\": 4}",
        "'rope_scaling.original_max_position_embeddings' is 4, and original_max_position_embeddings outside of it 8", "must agree")]
    [InlineData(
        "llama", "\"original_max_position_embeddings\": 8, \"rope_scaling\": {\"type\": \"llama3\", \"factor\": 2.0, "
            + "\"low_freq_factor\": 1.0, \"high_freq_factor\": 4.0, \"original_max_position_embeddings\": 4}",
        "'rope_scaling.original_max_position_embeddings' is 4, and original_max_position_embeddings outside of it 8", "must agree")]
    [InlineData(
        "llama", "\"original_max_position_embeddings\": 8, \"rope_scaling\": {\"type\": \"llama3\", \"factor\": 2.0, "
            + "\"low_freq_factor\": 1.0, \"high_freq_factor\": 4.0}",
        "'rope_scaling.original_max_position_embeddings' is missing")]
    [InlineData(
        "phi3", "\"max_position_embeddings\": 8192, "
            + "\"rope_scaling\": {\"type\": \"longrope\", \"factor\": 4.0, \"short_factor\": [1, 1], \"long_factor\": [2, 2]}",
        "'rope_scaling.factor' is 4, and max_position_embeddings / original_max_position_embeddings 2", "attention_factor")]
    [InlineData("llama", "\"rope_scaling\": {\"factor\": 4.0}", "'rope_scaling.rope_type' is missing, beside factor", "linear")]
    [InlineData("glm4", "\"head_dim\": 3", "'head_dim'", "even")]
    [InlineData("gpt2", "\"n_embd\": 18, \"n_head\": 4, \"n_layer\": 2, \"n_positions\": 8", "'n_embd'", "multiple of n_head")]
    [InlineData(
        "gpt2", "\"n_embd\": 16, \"n_head\": 4, \"n_layer\": 2, \"n_positions\": 8, \"add_cross_attention\": true",
        "'add_cross_attention'", "does not implement")]
    public void Parse_wrong_field_of_a_family_is_refused_by_name(string family, string field, params string[] says)
    {
        var e = Assert.Throws<ModelConfigException>(() => Parse(family, field));
        Assert.StartsWith("m/config.json: field ", e.Message, StringComparison.Ordinal);
        Assert.All(says, text => Assert.Contains(text, e.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\"sliding_window\": null", null, null)]
    [InlineData("\"sliding_window\": 7", 7, null)]
    [InlineData("\"sliding_window\": 7, \"sliding_window_size\": 7", 7, null)]
    [InlineData("\"sliding_window\": null, \"sliding_window_size\": 7", null, null)]
    [InlineData("\"sliding_window_size\": 9", 9, null)]
    [InlineData("\"attention_bias\": false", 4096, null)]
    public void Gemma2_sliding_window_null_means_none_and_missing_means_the_default(string field, int? even, int? odd) =>
        Assert.Equal([even, odd], Assert.IsType<Gemma2>(Parse("gemma2", field)).Windows);

    [Theory]
    [InlineData("\"sliding_window\": null", null)]
    [InlineData("\"attention_bias\": false", 4096)]
    public void Olmo3_sliding_window_null_means_none_and_missing_means_the_default(string field, int? window) =>
        Assert.Equal([window, window], Assert.IsType<Olmo3>(Parse("olmo3", field)).Windows);

    // Of the two patterns transformers reads the first; the second it writes, and reads layer_types instead.
    [Theory]
    [InlineData("\"sliding_window_pattern\": 2, \"_sliding_window_pattern\": 2", 9, null)]
    [InlineData("\"_sliding_window_pattern\": 6", 9, 9)]
    [InlineData("\"_sliding_window_pattern\": 6, \"layer_types\": [\"full_attention\", \"sliding_attention\"]", null, 9)]
    public void Gemma3_windows_follow_layer_types_or_else_the_pattern(string field, int? first, int? second) =>
        Assert.Equal([first, second], Assert.IsType<Gemma3>(Parse("gemma3_text", $"\"sliding_window\": 9, {field}")).Windows);

    [Fact]
    public void Gemma3_counts_missing_from_the_text_config_are_the_defaults_of_its_class()
    {
        var config = Assert.IsType<Gemma3>(ModelConfigReader.Parse(
            """
            {
              "model_type": "gemma3", "mm_tokens_per_image": 256, "vision_config": {"model_type": "siglip_vision_model"},
              "text_config": {
                "model_type": "gemma3_text", "hidden_size": 2560, "intermediate_size": 10240, "num_hidden_layers": 34,
                "rope_scaling": {"factor": 8.0, "rope_type": "linear"}, "sliding_window": 1024
              }
            }
            """, "config.json"));
        Assert.Equal((262_208, 2560, 34), (config.VocabSize, config.HiddenSize, config.NumHiddenLayers));
        Assert.Equal((8, 4, 256), (config.NumAttentionHeads, config.NumKeyValueHeads, config.HeadDim));
        Assert.Equal([1024, 1024, 1024, 1024, 1024, null, 1024], config.Windows.Take(7));
        Assert.True(config.TieWordEmbeddings);
    }

    [Fact]
    public void Parse_text_config_of_an_unknown_type_is_refused()
    {
        var e = Assert.Throws<ModelConfigException>(() => ModelConfigReader.Parse(
            """{"model_type": "mistral3", "text_config": {"model_type": "mamba"}}""", "c"));
        Assert.Equal(
            "c: field 'text_config.model_type' is 'mamba'; in a model of type 'mistral3' supported are mistral, ministral3", e.Message);
    }

    [Fact]
    public void IsDerived_masks_in_old_gpt2_files_are_and_biases_are_not()
    {
        var config = Parse("gpt2", "\"n_embd\": 16, \"n_head\": 4, \"n_layer\": 2, \"n_positions\": 8");
        Assert.True(config.IsDerived("h.0.attn.bias"));
        Assert.True(config.IsDerived("transformer.h.1.attn.masked_bias"));
        Assert.False(config.IsDerived("h.0.attn.c_attn.bias"));
    }

    // What stands in an object wins. What stands outside is the default of the full layers' object without, as in Hugging Face's class of
    // Gemma 3. Its class of OLMo 3 has one base for all layers, so there it is that of both objects.
    [Theory]
    [InlineData("gemma3_text", "\"rope_theta\": 3.0", "{\"rope_theta\": 1.0}", "{\"rope_theta\": 2.0}", 1, 2)]
    [InlineData("gemma3_text", "\"rope_theta\": 3.0, \"rope_local_base_freq\": 4.0", "{\"rope_theta\": 1.0}", "{}", 1, 4)]
    [InlineData("gemma3_text", "\"rope_theta\": 3.0", "{}", "{}", 3, 10000)]
    [InlineData("olmo3", "\"rope_theta\": 3.0", "{\"rope_theta\": 1.0}", "{\"rope_theta\": 2.0}", 1, 2)]
    [InlineData("olmo3", "\"rope_theta\": 3.0", "{\"rope_theta\": 1.0}", "{}", 1, 3)]
    public void Parse_base_of_each_type_of_layer_is_that_of_its_object(
        string family, string outside, string full, string sliding, double ofFull, double ofSliding)
    {
        var config = Assert.IsAssignableFrom<DecoderConfig>(Parse(
            family, $$"""{{outside}}, "rope_parameters": {"full_attention": {{full}}, "sliding_attention": {{sliding}}}"""));
        var local = config is Gemma3 gemma ? gemma.LocalRope : ((Olmo3)config).SlidingRope;
        Assert.Equal((ofFull, ofSliding), (config.Rope.Theta, local.Theta));
    }

    [Fact]
    public void Parse_ropes_of_each_type_of_layer_are_read_under_the_older_name_too_but_not_in_a_run_of_an_older_build()
    {
        const string Fields = "\"rope_scaling\": {\"full_attention\": {\"rope_theta\": 7.0}, \"sliding_attention\": {\"rope_theta\": 5.0}}";
        Assert.Equal(5, Assert.IsType<Gemma3>(Parse("gemma3_text", Fields)).LocalRope.Theta);
        Assert.Equal(5, Assert.IsType<Olmo3>(Parse("olmo3", Fields)).SlidingRope.Theta);
        Assert.Equal(10000, Assert.IsType<Gemma3>(Parse("gemma3_text", Fields, ofRun: true)).LocalRope.Theta);
        Assert.Equal(7, Assert.IsType<Olmo3>(Parse("olmo3", Fields, ofRun: true)).SlidingRope.Theta);
    }

    // With dynamic scaling sequences may be longer than max_position_embeddings.
    [Theory]
    [InlineData("\"rope_scaling\": {\"rope_type\": \"dynamic\", \"factor\": 4.0}")]
    [InlineData("\"rope_parameters\": {\"full_attention\": {\"rope_type\": \"dynamic\", \"factor\": 4.0}, \"sliding_attention\": {}}")]
    public void Parse_every_rope_reaches_to_the_longest_sequence(string rope)
    {
        var fields = $"\"max_position_embeddings\": 32, {rope}";
        var gemma = Assert.IsType<Gemma3>(Parse("gemma3_text", fields));
        Assert.Equal((128, 128), (gemma.MaxSequenceLength, gemma.LocalRope.Positions));
        var olmo = Assert.IsType<Olmo3>(Parse("olmo3", fields));
        Assert.Equal((128, 128), (olmo.MaxSequenceLength, olmo.SlidingRope.Positions));
    }

    [Theory]
    [InlineData("\"full_attention\": {}, \"sliding_attention\": ")]
    [InlineData("\"sliding_attention\": {}, \"full_attention\": ")]
    public void LongestAlike_counts_the_ropes_of_both_types_of_layers(string types) => Assert.Equal(
        16,
        Parse(
            "olmo3",
            $$$"""
            "max_position_embeddings": 32, "rope_parameters": { {{{types}}} {
              "rope_type": "longrope", "short_factor": [1, 1], "long_factor": [2, 2], "original_max_position_embeddings": 16} }
            """).LongestAlike(32));

    [Theory]
    [InlineData("gelu", "gelu_pytorch_tanh", Activation.GeluTanh)]
    [InlineData("gelu", "gelu", Activation.Gelu)]
    [InlineData("gelu_new", "gelu_pytorch_tanh", Activation.GeluTanh)]
    public void Gemma_both_names_of_the_activation_may_say_the_same(string older, string newer, Activation activation) => Assert.Equal(
        activation,
        Assert.IsType<Gemma>(Parse("gemma", $"\"hidden_act\": \"{older}\", \"hidden_activation\": \"{newer}\"")).HiddenAct);

    [Fact]
    public void Parse_llama3_in_a_run_of_an_older_build_counts_the_original_positions_inside()
    {
        var llama = Assert.IsType<Llama>(Parse(
            "llama",
            """
            "original_max_position_embeddings": 8, "rope_scaling": {
              "type": "llama3", "factor": 2.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 4}
            """,
            ofRun: true));
        Assert.Equal(4, Assert.IsType<Llama3RopeScaling>(llama.Rope.Scaling).OriginalMaxPositionEmbeddings);
    }

    // AutoModelForCausalLM takes a mistral that states layer_types for a ministral; inside a multimodal model it is what it says.
    [Fact]
    public void Parse_windows_of_a_mistral_go_by_layer_types_except_inside_a_multimodal_model()
    {
        const string Fields = """
            "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4,
            "num_key_value_heads": 2, "vocab_size": 29,
            "sliding_window": 4, "layer_types": ["sliding_attention", "full_attention"]
            """;
        Assert.Equal([4, null], Assert.IsType<Mistral>(ModelConfigReader.Parse($$"""{"model_type": "mistral", {{Fields}}}""", "c")).Windows);
        Assert.Contains(
            "'layer_types' holds full_attention",
            Assert.Throws<ModelConfigException>(() => ModelConfigReader.Parse(
                $$"""{"model_type": "mistral3", "text_config": {"model_type": "mistral", {{Fields}}} }""", "c")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_embeddings_tied_inside_the_text_config_and_not_outside_are_refused()
    {
        const string Json = """
            {
              "model_type": "gemma3", "tie_word_embeddings": false,
              "text_config": {"model_type": "gemma3_text", "tie_word_embeddings": true}
            }
            """;
        Assert.Equal(
            "c: field 'text_config.tie_word_embeddings' is true, and tie_word_embeddings outside of it false; they must agree",
            Assert.Throws<ModelConfigException>(() => ModelConfigReader.Parse(Json, "c")).Message);
        Assert.True(ModelConfigReader.Parse(Json, "c", ofRun: true).TieWordEmbeddings);

        // What a class outside states by default says nothing of the text model.
        var untied = Json.Replace("true", "inside", StringComparison.Ordinal).Replace("false", "true", StringComparison.Ordinal)
            .Replace("inside", "false", StringComparison.Ordinal);
        Assert.False(ModelConfigReader.Parse(untied, "c").TieWordEmbeddings);
    }

    private static ModelConfig Parse(string family, string field, bool ofRun = false)
    {
        var fields = family == "gpt2"
            ? "\"vocab_size\": 29"
            : """
              "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4,
              "num_key_value_heads": 2, "vocab_size": 29
              """;
        return ModelConfigReader.Parse($$"""{"model_type": "{{family}}", {{fields}}, {{field}}}""", "m/config.json", ofRun);
    }
}
