using System.Text.Json.Nodes;
using LisaOrleans.Checkpoints;
using LisaOrleans.Data;
using LisaOrleans.Training;

namespace LisaOrleans.Gguf.Tests;

/// <summary>Exports of every family that GGUF knows, against llama.cpp's own arithmetic.</summary>
public sealed class GgufFamilyTests
{
    private const string Shape =
        """
        "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16,
        "vocab_size": 512, "max_position_embeddings": 96, "rms_norm_eps": 1e-5
        """;

    private const string LongRope =
        """
        , "partial_rotary_factor": 0.5, "original_max_position_embeddings": 8192,
        "rope_scaling": {"type": "longrope", "short_factor": [1, 1.1, 1.2, 1.5], "long_factor": [1, 2, 3, 4]}
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Configs => new()
    {
        { "llama", $$"""{"model_type": "llama", {{Shape}}, "attention_bias": true, "mlp_bias": true}""" },
        {
            "llama", $$"""
            {
              "model_type": "llama", {{Shape}}, "tie_word_embeddings": true, "rope_theta": 5000,
              "rope_scaling": {
                "rope_type": "llama3", "factor": 4, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 32
              }
            }
            """
        },
        { "llama", $$"""{"model_type": "llama", {{Shape}}, "rope_scaling": {"rope_type": "linear", "factor": 4} }""" },
        { "llama", $$"""{"model_type": "llama", {{Shape}}, "rope_scaling": {"rope_type": "dynamic", "factor": 4} }""" },
        { "llama", $$"""{"model_type": "mistral", {{Shape}}, "sliding_window": null}""" },
        { "qwen2", $$"""{"model_type": "qwen2", {{Shape}} }""" },
        { "qwen3", $$"""{"model_type": "qwen3", {{Shape}}, "tie_word_embeddings": true}""" },
        { "gemma", $$"""{"model_type": "gemma", {{Shape}}, "hidden_activation": "gelu_pytorch_tanh"}""" },
        { "gemma2", $$"""{"model_type": "gemma2", {{Shape}}, "sliding_window": 8, "query_pre_attn_scalar": 16}""" },
        {
            "gemma3", $$"""
            {
              "model_type": "gemma3_text",
              {{Shape.Replace("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 7", StringComparison.Ordinal)}},
              "sliding_window": 8, "query_pre_attn_scalar": 16, "rope_scaling": {"rope_type": "linear", "factor": 8}
            }
            """
        },
        { "phi3", $$"""{"model_type": "phi3", {{Shape}}, "pad_token_id": 0, "sliding_window": null}""" },
        {
            "phi3", $$"""
            {
              "model_type": "phi3", {{Shape.Replace("96, \"rms", "512, \"rms", StringComparison.Ordinal)}}, "pad_token_id": 0,
              "partial_rotary_factor": 0.5, "original_max_position_embeddings": 256,
              "rope_scaling": {"type": "longrope", "short_factor": [1, 1.1, 1.2, 1.5], "long_factor": [1, 2, 3, 4]}
            }
            """
        },
    };

    [Theory]
    [MemberData(nameof(Configs))]
    public async Task Export_of_a_family_computes_what_we_compute(string architecture, string config)
    {
        using var folder = new TempFolder();
        await ModelFolderOf.WriteAsync(folder["model"], config, Token);
        var path = await ModelFolderOf.ExportAsync(folder, folder["model"], GgufType.F32, Token);
        using var llama = new LlamaModel(path);
        Assert.Equal(architecture, llama.Metadata["general.architecture"]);

        // Longer than the windows, and short of where LongRoPE changes. GELU is a table of float16 in llama.cpp.
        int[] prompt = [1, .. Enumerable.Range(0, 19).Select(i => 3 + (i * 37 % 500))];
        var (ours, logits) = ModelFolderOf.Continue(folder["hf"], prompt, 24);
        var (theirs, others) = llama.Continue(prompt, 24);
        var largest = logits.Max(Math.Abs);
        for (var i = 0; i < logits.Length; i++) Assert.Equal(logits[i], others[i], 2e-3f * largest);
        Assert.Equal(ours, theirs);
    }

    [Theory]
    [InlineData(
        "gpt2", """{"model_type": "gpt2", "n_embd": 64, "n_layer": 2, "n_head": 4, "vocab_size": 512, "n_positions": 96}""",
        "model_type 'gpt2' cannot be exported as GGUF; llama, mistral, ")]
    [InlineData(
        "hidden_act", $$"""{"model_type": "llama", {{Shape}}, "hidden_act": "gelu"}""",
        "field 'hidden_act' is Gelu; for an export as GGUF it must be Silu")]
    [InlineData(
        "attention_bias", $$"""{"model_type": "qwen3", {{Shape}}, "attention_bias": true}""",
        "field 'attention_bias' is True; for an export as GGUF it must be False")]
    [InlineData(
        "query_pre_attn_scalar", $$"""{"model_type": "gemma2", {{Shape}}, "query_pre_attn_scalar": 24}""",
        "field 'query_pre_attn_scalar' is 24; for an export as GGUF it must be 16")]
    [InlineData(
        "layer_types", $$"""{"model_type": "gemma2", {{Shape}}, "sliding_window": 8, "query_pre_attn_scalar": 16, "layer_types": ["full_attention","""
            + """ "full_attention", "sliding_attention"]}""", "field 'layer_types' gives layer 0 another window")]
    [InlineData(
        "rope_scaling",
        $$"""{"model_type": "qwen2", {{Shape}}, "rope_scaling": {"rope_type": "yarn", "factor": 4, "original_max_position_embeddings": 24} }""",
        "field 'rope_scaling' is of a type (YarnRopeScaling) that is not exported")]
    public async Task Export_of_what_gguf_cannot_say_is_refused(string what, string config, string message)
    {
        using var folder = new TempFolder();
        await ModelFolderOf.WriteAsync(folder["model"], config, Token);
        var error = await Assert.ThrowsAsync<InvalidDataFileException>(() => ModelFolderOf.ExportAsync(folder, folder["model"], GgufType.F32, Token));
        Assert.StartsWith($"config.json: {message}", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["gguf"]), what);
    }

    [Fact]
    public async Task Export_of_windows_that_gguf_cannot_say_ends_where_they_begin_to_matter()
    {
        using var folder = new TempFolder();
        await ModelFolderOf.WriteAsync(folder["model"], $$"""{"model_type": "mistral", {{Shape}}, "sliding_window": 40}""", Token);
        using var llama = new LlamaModel(await ModelFolderOf.ExportAsync(folder, folder["model"], GgufType.F32, Token));
        Assert.Equal("40", llama.Metadata["llama.context_length"]);
        Assert.Contains("PARAMETER num_ctx 40\n", File.ReadAllText(folder["gguf/Modelfile"]), StringComparison.Ordinal);
    }

    // llama.cpp chooses the factors by the context that it is started with, and not by the text.
    [Fact]
    public async Task Export_of_longrope_starts_with_the_context_of_its_short_factors()
    {
        using var folder = new TempFolder();
        await ModelFolderOf.WriteAsync(
            folder["model"],
            $$"""
            {
              "model_type": "phi3", {{Shape}}, "pad_token_id": 0, "partial_rotary_factor": 0.5, "original_max_position_embeddings": 48,
              "rope_scaling": {"type": "longrope", "short_factor": [1, 1.1, 1.2, 1.5], "long_factor": [1, 2, 3, 4]}
            }
            """,
            Token);
        using var llama = new LlamaModel(await ModelFolderOf.ExportAsync(folder, folder["model"], GgufType.F32, Token));
        Assert.Equal("96", llama.Metadata["phi3.context_length"]);
        Assert.Contains("PARAMETER num_ctx 48\n", File.ReadAllText(folder["gguf/Modelfile"]), StringComparison.Ordinal);
    }

    // Ollama allocates keys and values for all of it.
    [Theory]
    [InlineData("llama", 131072, "", null)]
    [InlineData("llama", 4096, "", null)]
    [InlineData("llama", 4095, "", 4095)]
    [InlineData("mistral", 32768, ", \"sliding_window\": 4096", null)]
    [InlineData("mistral", 32768, ", \"sliding_window\": 2048", 2048)]
    [InlineData("phi3", 131072, LongRope, 8192)]
    public async Task Export_asks_ollama_for_a_context_only_where_its_own_gives_other_results(
        string family, int longest, string more, int? context)
    {
        using var folder = new TempFolder();
        var shape = Shape.Replace("96, \"rms", $"{longest}, \"rms", StringComparison.Ordinal);
        await ModelFolderOf.WriteAsync(folder["model"], $$"""{"model_type": "{{family}}", "pad_token_id": 0, {{shape}}{{more}} }""", Token);
        await ModelFolderOf.ExportAsync(folder, folder["model"], GgufType.F16, Token);
        var lines = await File.ReadAllLinesAsync(folder["gguf/Modelfile"], Token);
        Assert.Equal(
            context is null ? [] : [$"PARAMETER num_ctx {context}"], lines.Where(l => l.Contains("num_ctx", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Export_names_the_template_and_all_that_ends_a_turn()
    {
        using var folder = new TempFolder();
        await ModelFolderOf.WriteAsync(folder["model"], $$"""{"model_type": "llama", {{Shape}}, "eos_token_id": 7}""", Token);
        var path = await ModelFolderOf.ExportAsync(folder, folder["model"], GgufType.F16, Token, new DatasetSettings { Template = "chatml" });
        using var llama = new LlamaModel(path);
        var hf = JsonNode.Parse(File.ReadAllText(folder["hf/tokenizer_config.json"]))!;
        Assert.Equal(hf["chat_template"]!.GetValue<string>(), llama.Metadata["tokenizer.chat_template"]);
        Assert.Equal(("1", "2", "7"), (Id("bos"), Id("eos"), Id("eot")));
        var modelfile = File.ReadAllText(folder["gguf/Modelfile"]);
        Assert.StartsWith("FROM ./test-F16.gguf\nTEMPLATE \"\"\"{{ range ", modelfile, StringComparison.Ordinal);
        Assert.Contains("\n{{ end }}{{ end }}\"\"\"\nPARAMETER num_ctx 96\n", modelfile, StringComparison.Ordinal);
        foreach (var stop in (string[])["</s>", "<0x04>", "<|im_end|>"])
            Assert.Contains($"PARAMETER stop \"{stop}\"\n", modelfile, StringComparison.Ordinal);

        string Id(string token) => llama.Metadata[$"tokenizer.ggml.{token}_token_id"];
    }

    [Fact]
    public void Modelfile_has_stops_as_they_are_since_ollama_reads_no_escapes()
    {
        var vocabulary = GgufVocabulary.Read(TinyStories.Model, 512);
        var text = Modelfile.Write("m.gguf", new OllamaTemplate(null, null), vocabulary, [], "\\end\"of turn", 8);
        Assert.EndsWith("PARAMETER stop \"\\end\"of turn\"\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_has_the_template_that_was_trained_also_where_the_folder_has_its_own()
    {
        using var folder = new TempFolder();
        await ModelFolderOf.WriteAsync(folder["model"], $$"""{"model_type": "llama", {{Shape}} }""", Token);
        await File.WriteAllTextAsync(folder["model/chat_template.jinja"], "{{ messages[0].content }}", Token);
        var path = await ModelFolderOf.ExportAsync(folder, folder["model"], GgufType.F16, Token, new DatasetSettings { Template = "chatml" });
        Assert.Contains("<|im_start|>", Assert.IsType<string>(new GgufFile(path).Values["tokenizer.chat_template"]), StringComparison.Ordinal);
        Assert.Contains("<|im_start|>user", File.ReadAllText(folder["gguf/Modelfile"]), StringComparison.Ordinal);
    }

    // Nothing of a chat but its first turn.
    [Fact]
    public async Task Export_says_in_the_modelfile_that_ollama_has_no_form_for_the_template()
    {
        using var folder = new TempFolder();
        await ModelFolderOf.WriteAsync(folder["model"], $$"""{"model_type": "llama", {{Shape}} }""", Token);
        await File.WriteAllTextAsync(folder["model/chat_template.jinja"], "{{ messages[0].content }}", Token);
        await ModelFolderOf.ExportAsync(folder, folder["model"], GgufType.F16, Token);
        var modelfile = File.ReadAllText(folder["gguf/Modelfile"]);
        Assert.StartsWith("FROM ./test-F16.gguf\n# Ollama does not run the model's chat template, ", modelfile, StringComparison.Ordinal);
        Assert.DoesNotContain("TEMPLATE \"", modelfile, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{{ bos_token }}{{ messages[0].content }}", false)]
    [InlineData("{{ messages[0].content }}", true)]
    public async Task Export_has_a_space_that_is_for_the_beginning_alone_where_chats_begin_with_text(string template, bool expected)
    {
        using var folder = new TempFolder();
        await ModelFolderOf.WriteAsync(folder["model"], $$"""{"model_type": "llama", {{Shape}} }""", Token);
        var config = JsonNode.Parse(await File.ReadAllTextAsync(folder["model/tokenizer_config.json"], Token))!;
        config["legacy"] = false;
        await File.WriteAllTextAsync(folder["model/tokenizer_config.json"], config.ToJsonString(), Token);
        await File.WriteAllTextAsync(folder["model/chat_template.jinja"], template, Token);
        var path = await ModelFolderOf.ExportAsync(folder, folder["model"], GgufType.F16, Token);
        Assert.Equal(expected, new GgufFile(path).Values["tokenizer.ggml.add_space_prefix"]);
    }
}
