namespace LisaOrleans.Model.Tests;

/// <summary>
/// A field that config.json leaves out means what Hugging Face's class of the family takes for it (transformers 4 and 5, the
/// files configuration_*.py), and a null what the class makes of a null.
/// </summary>
public sealed class ClassDefaultsTests
{
    // hidden_size / num_attention_heads is 48, which is no class's head_dim; 32 heads are divided by every class's key and value heads.
    private const string Sizes = """
        "hidden_size": 1536, "intermediate_size": 24, "num_hidden_layers": 8, "num_attention_heads": 32, "vocab_size": 29
        """;

    // Of these two the default is the stretching of one model, and refused.
    private const string PlainRope = "\"rope_parameters\": {\"rope_type\": \"default\"}";

    public static TheoryData<string> FamiliesLikeLlama => [.. ModelFamilies.All.Select(f => f.ModelType).Where(f => f != "gpt2")];

    // num_key_value_heads, head_dim, rms_norm_eps, rope_theta, tie_word_embeddings, hidden_act, max_position_embeddings; windows of four layers.
    private static Dictionary<string, (int, int, double, double, bool, Activation, int, int?[])> Defaults { get; } = new()
    {
        ["llama"] = (32, 48, 1e-6, 1e4, false, Activation.Silu, 2048, []),
        ["mistral"] = (8, 48, 1e-6, 1e4, false, Activation.Silu, 131_072, [4096, 4096, 4096, 4096]),
        ["ministral"] = (8, 48, 1e-6, 1e4, false, Activation.Silu, 131_072, [4096, 4096, 4096, 4096]),
        ["ministral3"] = (8, 128, 1e-5, 1e4, false, Activation.Silu, 262_144, [null, null, null, null]),
        ["mixtral"] = (8, 48, 1e-5, 1e6, false, Activation.Silu, 131_072, [null]),
        ["qwen2"] = (32, 48, 1e-6, 1e4, false, Activation.Silu, 32_768, [null, null, null, null]),
        ["qwen3"] = (32, 128, 1e-6, 1e4, false, Activation.Silu, 32_768, [null, null, null, null]),
        ["qwen3_moe"] = (4, 48, 1e-6, 1e4, false, Activation.Silu, 32_768, [null]),
        ["gemma"] = (16, 256, 1e-6, 1e4, true, Activation.GeluTanh, 8192, []),
        ["gemma2"] = (4, 256, 1e-6, 1e4, true, Activation.GeluTanh, 8192, [4096, null, 4096, null]),
        ["gemma3_text"] = (4, 256, 1e-6, 1e6, true, Activation.GeluTanh, 131_072, [4096, 4096, 4096, 4096]),
        ["gpt_oss"] = (8, 64, 1e-5, 1.5e5, false, Activation.Silu, 131_072, [128, null, 128, null]),
        ["phi3"] = (32, 48, 1e-5, 1e4, false, Activation.Silu, 4096, [null, null, null, null]),
        ["olmo2"] = (32, 48, 1e-5, 1e4, false, Activation.Silu, 2048, []),
        ["olmo3"] = (32, 48, 1e-5, 5e5, false, Activation.Silu, 2048, [4096, 4096, 4096, null]),
        ["smollm3"] = (4, 48, 1e-6, 2e6, true, Activation.Silu, 32_768, [null, null, null, null]),
        ["granite"] = (32, 48, 1e-6, 1e4, false, Activation.Silu, 2048, []),
        ["glm4"] = (2, 128, 1.5625e-7, 1e4, false, Activation.Silu, 131_072, []),
    };

    [Theory]
    [MemberData(nameof(FamiliesLikeLlama))]
    public void Parse_missing_field_means_the_default_of_the_familys_class(string family)
    {
        var (keyValueHeads, headDim, eps, theta, tied, act, positions, windows) = Defaults[family];
        var config = Parse(family);
        Assert.Equal(
            (keyValueHeads, headDim, eps, theta, tied, act, positions),
            (config.NumKeyValueHeads, config.HeadDim, config.RmsNormEps, config.Rope.Theta, config.TieWordEmbeddings, config.HiddenAct,
                config.MaxPositionEmbeddings));
        Assert.Equal(windows, Windows(config).Take(4));
    }

    [Theory]
    [MemberData(nameof(FamiliesLikeLlama))]
    public void Parse_null_key_value_heads_and_head_dim_follow_from_the_heads(string family)
    {
        var config = Parse(family, "\"num_key_value_heads\": null, \"head_dim\": null");
        Assert.Equal((32, 48), (config.NumKeyValueHeads, config.HeadDim));
    }

    [Theory]
    [InlineData("mistral", "\"sliding_window\": null", null)]
    [InlineData("ministral", "\"sliding_window\": null", null)]
    [InlineData("qwen2", "\"use_sliding_window\": true, \"max_window_layers\": 0", 4096)]
    [InlineData("qwen2", "\"use_sliding_window\": true, \"max_window_layers\": 0, \"sliding_window\": null", null)]
    [InlineData("qwen3", "\"use_sliding_window\": true, \"max_window_layers\": 0", 4096)]
    [InlineData("qwen3", "\"use_sliding_window\": true, \"max_window_layers\": 0, \"sliding_window\": null", null)]
    [InlineData("qwen3_moe", "\"use_sliding_window\": true", 4096)]
    [InlineData("qwen3_moe", "\"use_sliding_window\": true, \"sliding_window\": null", null)]
    public void Windows_null_means_none_and_missing_means_the_default(string family, string fields, int? window) =>
        Assert.Equal(window, Windows(Parse(family, fields))[0]);

    // Default of pad_token_id, for a vocabulary that has such a token.
    [Theory]
    [InlineData("llama", null)]
    [InlineData("mistral", null)]
    [InlineData("ministral", null)]
    [InlineData("ministral3", 11)]
    [InlineData("mixtral", null)]
    [InlineData("qwen2", null)]
    [InlineData("qwen3", null)]
    [InlineData("qwen3_moe", null)]
    [InlineData("gemma", 0)]
    [InlineData("gemma2", 0)]
    [InlineData("gemma3_text", 0)]
    [InlineData("gpt_oss", null)]
    [InlineData("phi3", 32_000)]
    [InlineData("olmo2", 1)]
    [InlineData("olmo3", 1)]
    [InlineData("smollm3", 128_004)]
    [InlineData("granite", null)]
    [InlineData("glm4", 151_329)]
    public void PaddingRow_missing_is_the_classs_token_and_null_is_none(string family, int? row)
    {
        var sizes = Sizes.Replace("\"vocab_size\": 29", "\"vocab_size\": 200000", StringComparison.Ordinal);
        Assert.Equal(row, Row(null));
        Assert.Null(Row("null"));
        Assert.Equal(7, Row("7"));

        int? Row(string? id) => Parse(family, id is null ? null : $"\"pad_token_id\": {id}", sizes).PaddingRow;
    }

    // As torch's Embedding counts; what is no row of it names no token either, and torch makes no such Embedding.
    [Theory]
    [InlineData("-1", 28)]
    [InlineData("-29", 0)]
    [InlineData("28", 28)]
    [InlineData("29", null)]
    [InlineData("-30", null)]
    public void PaddingRow_counts_from_the_end_below_0_and_is_none_outside_the_vocabulary(string id, int? row) =>
        Assert.Equal(row, Parse("llama", $"\"pad_token_id\": {id}").PaddingRow);

    [Fact]
    public void PaddingRow_that_is_no_token_id_is_refused_but_of_a_run_that_has_begun()
    {
        var e = Assert.Throws<ModelConfigException>(() => Parse("llama", "\"pad_token_id\": [0]"));
        Assert.Equal("c.json: field 'pad_token_id' is [0]; it must be a token id or null", e.Message);
        var begun = ModelConfigReader.Parse($$"""{"model_type": "llama", {{Sizes}}, "pad_token_id": [0]}""", "c.json", ofRun: true);
        Assert.Null(begun.PaddingRow);
    }

    [Fact]
    public void PaddingRow_of_gpt2_is_none_as_its_embedding_knows_no_padding()
    {
        const string Json = """
            {"model_type": "gpt2", "n_embd": 8, "n_layer": 1, "n_head": 2, "vocab_size": 29, "n_positions": 16, "pad_token_id": 3}
            """;
        Assert.Null(ModelConfigReader.Parse(Json, "c.json").PaddingRow);
    }

    [Fact]
    public void Parse_null_window_of_gemma3_is_refused()
    {
        var e = Assert.Throws<ModelConfigException>(() => Parse("gemma3_text", "\"sliding_window\": null"));
        Assert.StartsWith("c.json: field 'sliding_window' is null; ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_missing_key_value_heads_that_do_not_divide_the_heads_are_refused_with_the_default()
    {
        var e = Assert.Throws<ModelConfigException>(() => ModelConfigReader.Parse(
            $$"""{"model_type": "smollm3", {{Sizes.Replace(": 32", ": 6", StringComparison.Ordinal)}}}""", "c.json"));
        Assert.Equal(
            "c.json: field 'num_key_value_heads' is missing, which means 4; it must divide num_attention_heads, 6", e.Message);
    }

    [Fact]
    public void Parse_unread_field_names_the_families_that_read_it_though_their_defaults_do_not_fit_the_file()
    {
        var e = Assert.Throws<ModelConfigException>(() => ModelConfigReader.Parse(
            $$"""{"model_type": "llama", {{Sizes.Replace(": 32", ": 6", StringComparison.Ordinal)}}, "sliding_window": 8}""", "c.json"));
        Assert.Contains("the families that do are mistral, qwen2, qwen3, gemma2, qwen3_moe, ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Phi3_original_context_is_4096_where_the_field_of_the_model_is_missing()
    {
        const string Rope = """
            "max_position_embeddings": 131072, "rope_scaling": {"type": "longrope", "short_factor": [SHORT], "long_factor": [LONG] }
            """;
        var factors = string.Join(", ", Enumerable.Repeat("1.5", 24));
        var fields = Rope.Replace("SHORT", factors, StringComparison.Ordinal).Replace("LONG", factors, StringComparison.Ordinal);
        var scaling = Assert.IsType<LongRopeScaling>(Parse("phi3", fields).Rope.Scaling);
        Assert.Equal((4096, Math.Sqrt(1 + (Math.Log(32) / Math.Log(4096)))), (scaling.OriginalMaxPositionEmbeddings, scaling.AttentionFactor));

        var e = Assert.Throws<ModelConfigException>(() => Parse(
            "phi3", fields.Replace("\"type\"", "\"original_max_position_embeddings\": 8192, \"type\"", StringComparison.Ordinal)));
        Assert.Contains("'rope_scaling.original_max_position_embeddings' is 8192", e.Message, StringComparison.Ordinal);
        Assert.Contains("which is missing and means 4096", e.Message, StringComparison.Ordinal);
    }

    private static DecoderConfig Parse(string family, string? fields = null, string sizes = Sizes)
    {
        var rope = family is "ministral3" or "gpt_oss" ? ", " + PlainRope : "";
        return Assert.IsAssignableFrom<DecoderConfig>(ModelConfigReader.Parse(
            $$"""{"model_type": "{{family}}", {{sizes}}{{rope}}{{(fields is null ? "" : ", " + fields)}}}""", "c.json"));
    }

    // One window where all layers have the same.
    private static IReadOnlyList<int?> Windows(DecoderConfig config) => config switch
    {
        Mistral c => c.Windows,
        Ministral3 c => c.Windows,
        Mixtral c => [c.Window],
        Qwen2 c => c.Windows,
        Qwen3 c => c.Windows,
        Qwen3Moe c => [c.Window],
        Gemma2 c => c.Windows,
        Gemma3 c => c.Windows,
        GptOss c => c.Windows,
        Phi3 c => c.Windows,
        Olmo3 c => c.Windows,
        SmolLm3 c => c.Windows,
        _ => [],
    };
}
