using System.Text.Json;
using LisaOrleans.Samples.Make;

namespace LisaOrleans.Bench;

/// <summary>Texts of config.json of some families, with 50 to 300 million parameters.</summary>
internal static class BenchConfigs
{
    public static string Qwen2 { get; } = Of(
        "qwen2", 640, 1792, 12, 10, new() { ["num_key_value_heads"] = 2, ["tie_word_embeddings"] = true, ["vocab_size"] = 64000 });

    public static string Qwen3 { get; } = Of(
        "qwen3", 768, 2304, 14, 12, new() { ["num_key_value_heads"] = 4, ["head_dim"] = 64, ["vocab_size"] = 100_000 });

    public static string Mistral { get; } = Of("mistral", 640, 2240, 14, 10, new() { ["num_key_value_heads"] = 5 });

    public static string Gemma { get; } = Of(
        "gemma", 512, 2048, 10, 8,
        new() { ["num_key_value_heads"] = 1, ["head_dim"] = 64, ["hidden_act"] = "gelu_pytorch_tanh", ["vocab_size"] = 80_000 });

    public static string Olmo2 { get; } = Of("olmo2", 768, 2048, 10, 12, new() { ["num_key_value_heads"] = 12 });

    public static string Gemma2 { get; } = Of(
        "gemma2", 640, 2560, 10, 8,
        new()
        {
            ["num_key_value_heads"] = 4,
            ["head_dim"] = 80,
            ["hidden_activation"] = "gelu_pytorch_tanh",
            ["tie_word_embeddings"] = true,
            ["query_pre_attn_scalar"] = 80,
            ["sliding_window"] = 128,
        });

    public static string Mixtral { get; } = Of(
        "mixtral", 512, 1024, 8, 8, new() { ["num_key_value_heads"] = 4, ["num_local_experts"] = 8, ["num_experts_per_tok"] = 2 });

    public static string Gpt2 { get; } = JsonSerializer.Serialize(new
    {
        model_type = "gpt2",
        n_embd = 768,
        n_layer = 12,
        n_head = 12,
        n_positions = 1024,
        vocab_size = 50257,
        torch_dtype = "bfloat16",
    });

    /// <summary>A Llama with heads of 64, four queries to a key.</summary>
    public static string Llama(int width, int inner, int layers, int vocabulary) => RandomModel.Config(
        new RandomModelShape(width, inner, layers, width / 64, width / 256, vocabulary, 2048, Tied: false), "bfloat16");

    private static string Of(string type, int width, int inner, int layers, int heads, Dictionary<string, object> own)
    {
        var fields = new Dictionary<string, object>
        {
            ["model_type"] = type,
            ["hidden_size"] = width,
            ["intermediate_size"] = inner,
            ["num_hidden_layers"] = layers,
            ["num_attention_heads"] = heads,
            ["vocab_size"] = 32000,
            ["max_position_embeddings"] = 2048,
            ["torch_dtype"] = "bfloat16",
        };
        foreach (var (name, value) in own) fields[name] = value;
        return JsonSerializer.Serialize(fields);
    }
}
