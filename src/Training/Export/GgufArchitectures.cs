using LisaOrleans.Checkpoints;
using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>
/// The families that GGUF has a name for, as far as programs that read such files compute what we compute; what they would
/// compute differently is refused, naming the field of config.json. To add one: a line here and its name in docs/fine-tune.md. Source:
/// llama.cpp's conversion of Hugging Face folders, and its models of these names.
/// </summary>
internal static class GgufArchitectures
{
    private const string ConfigFile = ModelFileNames.Config;

    private static readonly Dictionary<string, string> s_modules = new()
    {
        ["input_layernorm"] = "attn_norm",
        ["self_attn.q_proj"] = "attn_q",
        ["self_attn.k_proj"] = "attn_k",
        ["self_attn.v_proj"] = "attn_v",
        ["self_attn.qkv_proj"] = "attn_qkv",
        ["self_attn.o_proj"] = "attn_output",
        ["self_attn.q_norm"] = "attn_q_norm",
        ["self_attn.k_norm"] = "attn_k_norm",
        ["post_attention_layernorm"] = "ffn_norm",
        ["mlp.gate_proj"] = "ffn_gate",
        ["mlp.up_proj"] = "ffn_up",
        ["mlp.gate_up_proj"] = "ffn_up",
        ["mlp.down_proj"] = "ffn_down",
    };

    // Gemma 2 has a norm before and after each block.
    private static readonly Dictionary<string, string> s_sandwich = new(s_modules)
    {
        ["post_attention_layernorm"] = "post_attention_norm",
        ["pre_feedforward_layernorm"] = "ffn_norm",
        ["post_feedforward_layernorm"] = "post_ffw_norm",
    };

    /// <summary>The architecture of a model.</summary>
    /// <exception cref="InvalidDataFileException">GGUF has none, or has no place for something in config.json.</exception>
    public static GgufArchitecture Of(ModelConfig config) => config switch
    {
        Llama llama => Of("llama", llama, null, Activation.Silu) with { PairsNeighbours = true },
        Mistral mistral => Of("llama", mistral, mistral.Windows, Activation.Silu) with { PairsNeighbours = true },
        Qwen2 qwen when Is(qwen.QkvBias, true, "attention_bias") => Of("qwen2", qwen, qwen.Windows, Activation.Silu),
        Qwen3 qwen when Is(qwen.AttentionBias, false, "attention_bias") => Of("qwen3", qwen, qwen.Windows, Activation.Silu),
        Gemma gemma when IsGemma(gemma) && Is(gemma.TieWordEmbeddings, true, "tie_word_embeddings") =>
            Of("gemma", gemma, null, Activation.GeluTanh) with { AddsOneToNorms = true },
        Gemma2 gemma when IsGemma(gemma) => GgufGemma.Of(gemma, Of("gemma2", gemma, null, Activation.GeluTanh)) with { Modules = s_sandwich },
        Gemma3 gemma when IsGemma(gemma) => GgufGemma.Of(gemma, Of("gemma3", gemma, null, Activation.GeluTanh)) with { Modules = s_sandwich },
        Phi3 phi => Of("phi3", phi, phi.Windows, Activation.Silu),
        _ => throw new InvalidDataFileException(
            ConfigFile,
            $"model_type '{config.ModelType}' cannot be exported as GGUF; llama, mistral, qwen2, qwen3, gemma, gemma2, gemma3 and phi3 can"),
    };

    /// <summary>Refuses a field whose value is not the one that GGUF needs.</summary>
    internal static bool Is<T>(T value, T must, string field) => EqualityComparer<T>.Default.Equals(value, must)
        ? true
        : throw new InvalidDataFileException(ConfigFile, $"field '{field}' is {value}; for an export as GGUF it must be {must}");

    private static bool IsGemma(GemmaConfig gemma) => Is(gemma.AttentionBias, false, "attention_bias");

    private static GgufArchitecture Of(string name, DecoderConfig config, IReadOnlyList<int?>? windows, Activation activation)
    {
        Is(config.HiddenAct, activation, "hidden_act");

        // Files of these architectures have no field for a window; up to its length it makes no difference.
        var window = windows?.Min() ?? int.MaxValue;
        return GgufRope.Add(new GgufArchitecture
        {
            Name = name,
            Config = config,
            ContextLength = Math.Min(config.MaxPositionEmbeddings, window),
            Modules = s_modules,
        });
    }
}
