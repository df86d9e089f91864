namespace LisaOrleans.Model.Tests;

public sealed class UnreadFieldsTests
{
    [Theory]
    [InlineData("\"sliding_window\": 128", "llama", "'sliding_window' is 128", "gemma3_text")]
    [InlineData("\"sliding_window\": 128", "llama", "'sliding_window' is 128", "mistral, qwen2, qwen3")]
    [InlineData("\"final_logit_softcapping\": 30.0", "qwen3", "'final_logit_softcapping' is 30.0", "gemma3_text")]
    [InlineData("\"layer_types\": [\"full_attention\", \"sliding_attention\"]", "llama", "'layer_types'", "gemma3_text")]
    [InlineData("\"attention_bias\": true", "mistral", "'attention_bias' is true", "llama")]
    [InlineData("\"use_bidirectional_attention\": true", "gemma3_text", "'use_bidirectional_attention'", "does not implement")]
    [InlineData("\"is_causal\": false", "llama", "'is_causal' is false", "does not implement")]
    [InlineData("\"partial_rotary_factor\": 0.5", "llama", "'partial_rotary_factor' is 0.5", "does not implement")]
    [InlineData(
        "\"rope_parameters\": {\"rope_theta\": 7.0, \"partial_rotary_factor\": 0.5}",
        "llama", "'rope_parameters.partial_rotary_factor'", "must be 1")]
    [InlineData("\"something_new\": {\"a\": 1}", "llama", "'something_new'", "does not implement")]
    [InlineData("\"quantization_config\": {\"quant_method\": \"gptq\"}", "llama", "'quantization_config'", "(gptq)")]
    [InlineData("\"quantization_config\": {\"quant_method\": \"mxfp4\"}", "llama", "'quantization_config'", "(mxfp4)", "in gpt_oss also")]
    [InlineData("\"quantization_config\": {\"bits\": 4}", "llama", "'quantization_config'", "no method that it names")]
    [InlineData("\"quantization_config\": {\"quant_method\": \"fp8\", \"kv\": 1}", "llama", "'quantization_config.kv' is 1", "not implemented")]
    [InlineData(
        "\"rope_scaling\": {\"rope_type\": \"default\", \"mrope_section\": [1, 2]}", "llama", "'rope_scaling.mrope_section'", "not implemented")]
    [InlineData(
        "\"rope_parameters\": {\"full_attention\": {\"rope_theta\": 7.0}, \"sliding_attention\": {\"rope_theta\": 5.0}}",
        "llama", "'rope_parameters.sliding_attention'", "no such layers")]
    [InlineData(
        "\"rope_scaling\": {\"full_attention\": {\"rope_theta\": 7.0}, \"sliding_attention\": {\"rope_theta\": 5.0}}",
        "llama", "'rope_scaling.sliding_attention'", "no such layers")]
    [InlineData("\"router_jitter_noise\": 0.01", "mixtral", "'router_jitter_noise' is 0.01", "does not implement")]
    public void Parse_unread_field_that_changes_numbers_is_refused(string field, string family, params string[] says)
    {
        var e = Assert.Throws<ModelConfigException>(() => Parse(family, field));
        Assert.StartsWith("m/config.json: field ", e.Message, StringComparison.Ordinal);
        Assert.All(says, text => Assert.Contains(text, e.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\"sliding_window\": null")]
    [InlineData("\"something_new\": false")]
    [InlineData("\"is_causal\": true")]
    [InlineData("\"partial_rotary_factor\": 1.0")]
    [InlineData("\"something_new\": 0.0")]
    [InlineData("\"something_new\": []")]
    [InlineData("\"router_jitter_noise\": 0.0")]
    [InlineData("\"layer_types\": [\"full_attention\", \"full_attention\"]")]
    [InlineData("\"attention_dropout\": 0.1")]
    [InlineData(
        "\"architectures\": [\"X\"], \"transformers_version\": \"5.0\", \"use_cache\": true, \"pad_token_id\": 7, \"initializer_range\": 0.02")]
    public void Parse_unread_field_without_effect_is_accepted(string field) => Assert.IsType<Llama>(Parse("llama", field));

    [Theory]
    [InlineData("\"attention_dropout\": 0.1, \"embd_pdrop\": 0.2", "attention_dropout 0.1", "embd_pdrop 0.2")]
    [InlineData("\"attention_dropout\": 0.0, \"resid_pdrop\": null, \"classifier_dropout\": 0.1")]
    public void Dropout_names_what_the_model_asks_for(string fields, params string[] expected) =>
        Assert.Equal(expected, Parse("llama", fields).Dropout);

    // Older builds took them, so that there may be runs of such models.
    [Theory]
    [InlineData("llama", "\"is_causal\": false")]
    [InlineData("llama", "\"rope_scaling\": {\"factor\": 4.0}")]
    [InlineData(
        "llama", "\"original_max_position_embeddings\": 8, "
            + "\"rope_scaling\": {\"type\": \"yarn\", \"factor\": 2.0, \"original_max_position_embeddings\": 4}")]
    [InlineData("llama", "\"rope_scaling\": {\"full_attention\": {}, \"sliding_attention\": {}}")]
    [InlineData("mixtral", "\"router_jitter_noise\": 0.01")]
    [InlineData("phi3", "\"sliding_window\": 4, \"layer_types\": [\"full_attention\", \"sliding_attention\"]")]
    [InlineData("gemma", "\"hidden_act\": \"silu\", \"hidden_activation\": \"gelu_pytorch_tanh\"")]
    [InlineData("gemma3_text", "\"attn_logit_softcapping\": 50.0")]
    [InlineData(
        "phi3", "\"max_position_embeddings\": 8192, "
            + "\"rope_scaling\": {\"type\": \"longrope\", \"factor\": 4.0, \"short_factor\": [1, 1], \"long_factor\": [2, 2]}")]
    public void Parse_what_older_builds_took_goes_on_in_a_run(string family, string field)
    {
        Assert.Throws<ModelConfigException>(() => Parse(family, field));
        Assert.Equal(family, ModelConfigReader.Parse(Json(family, field), "r/config.json", ofRun: true).ModelType);
    }

    [Fact]
    public void Parse_multimodal_model_without_text_config_or_with_unknown_quantisation_is_refused()
    {
        var e = Assert.Throws<ModelConfigException>(() => ModelConfigReader.Parse("""{"model_type": "gemma3"}""", "c"));
        Assert.Contains("'text_config'", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<ModelConfigException>(() => ModelConfigReader.Parse(
            $$"""
            {
              "model_type": "gemma3", "quantization_config": {"quant_method": "awq"},
              "text_config": {{Json("gemma3_text", "\"eos_token_id\": 1")}}
            }
            """, "c"));
        Assert.Contains("awq", e.Message, StringComparison.Ordinal);
    }

    private static ModelConfig Parse(string family, string field) => ModelConfigReader.Parse(Json(family, field), "m/config.json");

    private static string Json(string family, string field) => $$"""
        {"model_type": "{{family}}", "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2,
         "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 29, {{field}}}
        """;
}
