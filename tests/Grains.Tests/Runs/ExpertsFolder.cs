using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using TorchSharp;

namespace LisaOrleans.Grains.Tests;

/// <summary>A small random model with experts, and the sample model's tokenizer.</summary>
internal static class ExpertsFolder
{
    private const string Config = """
        {
          "architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe", "hidden_size": 32, "intermediate_size": 48,
          "moe_intermediate_size": 16, "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8,
          "vocab_size": 512, "max_position_embeddings": 256, "rms_norm_eps": 1e-6, "rope_theta": 10000, "mlp_only_layers": [2],
          "num_experts": 48, "num_experts_per_tok": 2, "norm_topk_prob": true, "tie_word_embeddings": false,
          "bos_token_id": 1, "eos_token_id": 2, "torch_dtype": "bfloat16"
        }
        """;

    public static async Task WriteAsync(string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.GetFiles(TinyStories.Model, "token*")) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        await File.WriteAllTextAsync(Path.Combine(folder, "config.json"), Config, cancellationToken);

        var weights = Weights();
        try
        {
            await SafetensorsWriter.WriteFileAsync(
                Path.Combine(folder, "model.safetensors"),
                [.. weights.Select(w => new TensorSource(w.Name, TensorDType.F32, w.Value.shape, TensorMemory.Address(w.Value)))],
                new Dictionary<string, string>(), cancellationToken);
        }
        finally
        {
            foreach (var weight in weights) weight.Value.Dispose();
        }
    }

    private static NamedTensor[] Weights()
    {
        using var generator = new torch.Generator(3);
        return [.. ModelConfigReader.Parse(Config, "config.json").AllSpecs().Select(spec =>
        {
            using var noise = torch.randn([.. spec.Shape], generator: generator);
            using var value = spec.Name.Contains("norm", StringComparison.Ordinal) ? noise.Times(0.1).Plus(1) : noise.Times(0.1);
            return new NamedTensor(spec.Name, value.clone().DetachFromDisposeScope());
        })];
    }
}
