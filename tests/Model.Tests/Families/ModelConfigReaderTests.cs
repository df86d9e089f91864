namespace LisaOrleans.Model.Tests;

public sealed class ModelConfigReaderTests
{
    private const string Good = """
        {"model_type":"llama","hidden_size":64,"intermediate_size":172,"num_hidden_layers":5,"num_attention_heads":8,
         "num_key_value_heads":4,"vocab_size":512,"max_position_embeddings":512,"rms_norm_eps":1e-5,"tie_word_embeddings":true}
        """;

    [Fact]
    public void Parse_missing_fields_have_the_defaults_of_transformers()
    {
        var config = Assert.IsType<Llama>(ModelConfigReader.Parse(Good, "config.json"));
        Assert.Equal((8, 10000, false), (config.HeadDim, config.Rope.Theta, config.AttentionBias));
        Assert.Null(config.Rope.Scaling);
    }

    [Fact]
    public void Qwen2_has_biases_on_queries_keys_and_values_only()
    {
        var config = ModelConfigReader.Parse(Good.Replace("llama", "qwen2", StringComparison.Ordinal), "config.json");
        Assert.Equal(
            ["self_attn.q_proj.bias", "self_attn.k_proj.bias", "self_attn.v_proj.bias"],
            config.LayerSpecs(1).Select(s => s.Name["model.layers.1.".Length..]).Where(n => n.EndsWith(".bias", StringComparison.Ordinal)));
    }

    [Fact]
    public void Mistral_sliding_window_holds_in_every_layer_and_limits_no_sequence()
    {
        var json = Good.Replace("\"llama\"", "\"mistral\",\"sliding_window\":128", StringComparison.Ordinal);
        var config = Assert.IsType<Mistral>(ModelConfigReader.Parse(json, "config.json"));
        Assert.Equal([128, 128, 128, 128, 128], config.Windows);
        Assert.Equal(512, config.MaxSequenceLength);
    }

    [Theory]
    [InlineData("\"hidden_size\":64", "\"hidden_size\":\"64\"", "hidden_size")]
    [InlineData("\"hidden_size\":64", "\"hidden_size\":-1", "hidden_size")]
    [InlineData("\"hidden_size\":64", "\"hidden_size\":1e99", "hidden_size")]
    [InlineData("\"hidden_size\":64,", "", "hidden_size")]
    [InlineData("\"num_key_value_heads\":4", "\"num_key_value_heads\":3", "num_key_value_heads")]
    [InlineData("\"model_type\":\"llama\"", "\"model_type\":\"gpt9\"", "model_type")]
    [InlineData("\"rms_norm_eps\":1e-5", "\"rms_norm_eps\":0", "rms_norm_eps")]
    [InlineData("\"vocab_size\":512", "\"vocab_size\":512,\"rope_scaling\":{\"rope_type\":\"mrope\"}", "rope_scaling.rope_type")]
    [InlineData("\"vocab_size\":512", "\"vocab_size\":512,\"rope_scaling\":{\"rope_type\":\"linear\"}", "rope_scaling.factor")]
    [InlineData("\"vocab_size\":512", "\"vocab_size\":512,\"head_dim\":7", "head_dim")]
    [InlineData("\"vocab_size\":512", "\"vocab_size\":512,\"hidden_act\":\"tan\"", "hidden_act")]
    [InlineData("\"vocab_size\":512", "\"vocab_size\":512,\"eos_token_id\":\"2\"", "eos_token_id")]
    public void Parse_wrong_field_is_named(string right, string wrong, string field)
    {
        var e = Assert.Throws<ModelConfigException>(
            () => ModelConfigReader.Parse(Good.Replace(right, wrong, StringComparison.Ordinal), "x/config.json"));
        Assert.StartsWith($"x/config.json: field '{field}' ", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"model_type\":")]
    [InlineData("{\"vocab_size\":1,\"vocab_size\":2}")]
    [InlineData("{\"\\ud83d\":1}")]
    [InlineData("{\"model_type\":\"\\ud83d\"}")]
    public void Parse_text_that_is_no_json_object_is_refused(string json) =>
        Assert.StartsWith("c: ", Assert.Throws<ModelConfigException>(() => ModelConfigReader.Parse(json, "c")).Message, StringComparison.Ordinal);

    [Fact]
    public void InverseFrequencies_llama3_scaling_divides_long_wavelengths_only()
    {
        var json = Good.Replace(
            "\"vocab_size\":512",
            """
            "vocab_size":512,"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4,
            "original_max_position_embeddings":8192},"rope_theta":500000,"head_dim":128
            """,
            StringComparison.Ordinal);
        var frequencies = Assert.IsType<Llama>(ModelConfigReader.Parse(json, "c")).Rope.InverseFrequencies(16);
        Assert.Equal(1, frequencies[0]);
        Assert.Equal(Math.Pow(500000, -126.0 / 128) / 8, frequencies[63], 1e-15);

        // Between: wavelength 2 pi 500000^(64/128) = 4443 < 8192, so smooth = (8192 / 4443 - 1) / 3.
        var wavelength = 2 * Math.PI * Math.Sqrt(500000);
        var smooth = ((8192 / wavelength) - 1) / 3;
        Assert.Equal(((1 - smooth) / 8 + smooth) / Math.Sqrt(500000), frequencies[32], 1e-12);
    }
}
