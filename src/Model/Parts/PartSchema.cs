using System.Globalization;

namespace LisaOrleans.Model;

/// <summary>Which tensors each part of a model consists of, with Hugging Face's names (LlamaForCausalLM, Qwen2ForCausalLM).</summary>
public static class PartSchema
{
    /// <summary>Name of the embedding matrix, which is also the LM head's where embeddings are tied.</summary>
    public const string EmbeddingName = "model.embed_tokens.weight";

    /// <summary>Name of the LM head's matrix.</summary>
    public const string HeadName = "lm_head.weight";

    /// <summary>The embedding: one matrix [V, D].</summary>
    public static IReadOnlyList<ParameterSpec> Embedding(ModelConfig config) =>
        [new(EmbeddingName, [config.VocabSize, config.HiddenSize], Decay: true)];

    /// <summary>One decoder layer.</summary>
    public static IReadOnlyList<ParameterSpec> Layer(ModelConfig config, int index)
    {
        var prefix = string.Create(CultureInfo.InvariantCulture, $"model.layers.{index}.");
        long width = config.HiddenSize, feedForward = config.IntermediateSize;
        long queries = (long)config.NumAttentionHeads * config.HeadDim, keys = (long)config.NumKeyValueHeads * config.HeadDim;
        var specs = new List<ParameterSpec> { Vector("input_layernorm.weight", width) };
        Linear("self_attn.q_proj", queries, width, config.QkvBias);
        Linear("self_attn.k_proj", keys, width, config.QkvBias);
        Linear("self_attn.v_proj", keys, width, config.QkvBias);
        Linear("self_attn.o_proj", width, queries, config.OutputBias);
        specs.Add(Vector("post_attention_layernorm.weight", width));
        Linear("mlp.gate_proj", feedForward, width, config.MlpBias);
        Linear("mlp.up_proj", feedForward, width, config.MlpBias);
        Linear("mlp.down_proj", width, feedForward, config.MlpBias);
        return specs;

        ParameterSpec Vector(string name, long size) => new(prefix + name, [size], Decay: false);

        void Linear(string name, long output, long input, bool bias)
        {
            specs.Add(new ParameterSpec($"{prefix}{name}.weight", [output, input], Decay: true));
            if (bias) specs.Add(Vector($"{name}.bias", output));
        }
    }

    /// <summary>Final norm and, unless it is tied to the embedding, the LM head [V, D].</summary>
    public static IReadOnlyList<ParameterSpec> Head(ModelConfig config)
    {
        var norm = new ParameterSpec("model.norm.weight", [config.HiddenSize], Decay: false);
        return config.TieWordEmbeddings
            ? [norm]
            : [norm, new ParameterSpec(HeadName, [config.VocabSize, config.HiddenSize], Decay: true)];
    }

    /// <summary>Every parameter of the model, in the order of the forward pass.</summary>
    public static IReadOnlyList<ParameterSpec> All(ModelConfig config) =>
        [.. Embedding(config), .. Enumerable.Range(0, config.NumHiddenLayers).SelectMany(i => Layer(config, i)), .. Head(config)];
}
