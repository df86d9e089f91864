using System.Text.Json.Nodes;

namespace LisaOrleans.Tests;

/// <summary>
/// A small gpt-oss as OpenAI publishes it, its experts in MXFP4, and the same in bfloat16 as transformers saves it. What the
/// format means is written here from OCP's specification (Microscaling Formats v1.0, sections 5.3 and 5.4).
/// </summary>
internal sealed class GptOssFolder
{
    public const int Experts = 6;
    public const int Width = 64;
    public const int Inner = 32;
    public const int Layers = 4;

    private readonly Random _random = new(7);

    public GptOssFolder()
    {
        Add("model.embed_tokens.weight", 0.1, 512, Width);
        for (var layer = 0; layer < Layers; layer++)
        {
            var name = $"model.layers.{layer}.";
            foreach (var (map, inputs, outputs) in (ReadOnlySpan<(string, int, int)>)
                [("q", Width, 32), ("k", Width, 16), ("v", Width, 16), ("o", 32, Width)])
            {
                Add($"{name}self_attn.{map}_proj.weight", 0.1, outputs, inputs);
                Add($"{name}self_attn.{map}_proj.bias", 0.1, outputs);
            }

            Add(name + "self_attn.sinks", 1, 4);
            Add(name + "mlp.router.weight", 0.2, Experts, Width);
            Add(name + "mlp.router.bias", 0.2, Experts);
            AddExperts(name + "mlp.experts.gate_up_proj", Width, 2 * Inner);
            AddExperts(name + "mlp.experts.down_proj", Inner, Width);
            Add(name + "input_layernorm.weight", 0.1, Width);
            Add(name + "post_attention_layernorm.weight", 0.1, Width);
        }

        Add("model.norm.weight", 0.1, Width);
        Add("lm_head.weight", 0.1, 512, Width);
    }

    /// <value>As published; a test may change them.</value>
    public List<RawTensor> Quantized { get; } = [];

    /// <value>The same values in bfloat16.</value>
    public List<RawTensor> Plain { get; } = [];

    public static JsonObject Config => JsonNode.Parse("""
        {
          "architectures": ["GptOssForCausalLM"], "attention_bias": true, "attention_dropout": 0.0, "eos_token_id": 2,
          "experts_per_token": 2, "head_dim": 8, "hidden_act": "silu", "hidden_size": 64, "initial_context_length": 16,
          "initializer_range": 0.02, "intermediate_size": 32, "max_position_embeddings": 256, "model_type": "gpt_oss",
          "layer_types": ["sliding_attention", "full_attention", "sliding_attention", "full_attention"],
          "num_attention_heads": 4, "num_experts_per_tok": 2, "num_hidden_layers": 4, "num_key_value_heads": 2,
          "num_local_experts": 6, "output_router_logits": false, "pad_token_id": 0,
          "quantization_config": {
            "modules_to_not_convert": ["model.layers.*.self_attn", "model.layers.*.mlp.router", "model.embed_tokens", "lm_head"],
            "quant_method": "mxfp4"
          },
          "rms_norm_eps": 1e-05, "rope_theta": 150000,
          "rope_scaling": {
            "beta_fast": 32.0, "beta_slow": 1.0, "factor": 16.0, "original_max_position_embeddings": 16, "rope_type": "yarn", "truncate": false
          },
          "router_aux_loss_coef": 0.9, "sliding_window": 8, "swiglu_limit": 7.0, "tie_word_embeddings": false,
          "torch_dtype": "bfloat16", "use_cache": true, "vocab_size": 512
        }
        """)!.AsObject();

    public static JsonObject PlainConfig
    {
        get
        {
            var config = Config;
            config.Remove("quantization_config");
            return config;
        }
    }

    /// <summary>The number of a code of 4 bits: sign, two bits of exponent with bias 1, one of mantissa.</summary>
    public static double E2M1(int code)
    {
        var (sign, exponent, mantissa) = (code >> 3, (code >> 1) & 3, code & 1);
        var size = exponent == 0 ? mantissa * 0.5 : (1 + (mantissa * 0.5)) * Math.Pow(2, exponent - 1);
        return sign == 0 ? size : -size;
    }

    /// <summary>The values of blocks [E, R, G, 16] with scales [E, R, G], as [E, 32 G, R].</summary>
    public static double[] Values(byte[] blocks, byte[] scales, int experts, int inputs, int outputs)
    {
        var values = new double[experts * inputs * outputs];
        for (var e = 0; e < experts; e++)
        {
            for (var i = 0; i < inputs; i++)
            {
                for (var r = 0; r < outputs; r++)
                {
                    var block = (((e * outputs) + r) * (inputs / 32)) + (i / 32);
                    var packed = blocks[(block * 16) + (i % 32 / 2)];
                    var code = i % 2 == 0 ? packed % 16 : packed / 16;
                    values[(((e * inputs) + i) * outputs) + r] = E2M1(code) * Math.Pow(2, scales[block] - 127);
                }
            }
        }

        return values;
    }

    /// <summary>Writes a folder with the sample model's tokenizer.</summary>
    public static void Write(string folder, string tokenizer, JsonObject config, IEnumerable<RawTensor> tensors)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.GetFiles(tokenizer, "token*")) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJsonString());
        RawTensor.Write(Path.Combine(folder, "model.safetensors"), tensors);
    }

    private void Add(string name, double size, params long[] shape)
    {
        var center = name.Contains("norm", StringComparison.Ordinal) ? 1 : 0;
        double[] values = [.. Enumerable.Range(0, (int)shape.Aggregate((a, b) => a * b)).Select(_ => center + (size * (_random.NextDouble() - 0.5)))];
        var tensor = RawTensor.BFloat16(name, shape, values);
        Quantized.Add(tensor);
        Plain.Add(tensor);
    }

    private void AddExperts(string name, int inputs, int outputs)
    {
        var blocks = new byte[Experts * outputs * inputs / 2];
        _random.NextBytes(blocks);
        byte[] scales = [.. Enumerable.Range(0, Experts * outputs * inputs / 32).Select(_ => (byte)_random.Next(120, 124))];
        Quantized.Add(new RawTensor(name + "_blocks", "U8", [Experts, outputs, inputs / 32, 16], blocks));
        Quantized.Add(new RawTensor(name + "_scales", "U8", [Experts, outputs, inputs / 32], scales));
        Plain.Add(RawTensor.BFloat16(name, [Experts, inputs, outputs], Values(blocks, scales, Experts, inputs, outputs)));
        Add(name + "_bias", 0.1, Experts, outputs);
    }
}
