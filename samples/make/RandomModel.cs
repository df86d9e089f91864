using System.Runtime.InteropServices;
using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Data;
using LisaOrleans.Model;

namespace LisaOrleans.Samples.Make;

/// <summary>A Llama with random weights, as a Hugging Face folder (without the tokenizer's model).</summary>
internal static class RandomModel
{
    private const double InitializerRange = 0.02;
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    public static async Task WriteAsync(string folder, RandomModelShape shape, ulong seed)
    {
        var tokenizer = new
        {
            tokenizer_class = "LlamaTokenizer",
            add_bos_token = true,
            add_eos_token = false,
            bos_token = "<s>",
            eos_token = "</s>",
            unk_token = "<unk>",
            model_max_length = shape.MaxPositions,
        };
        var json = Config(shape, "float32");
        File.WriteAllText(Path.Combine(folder, "config.json"), json + "\n");
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), JsonSerializer.Serialize(tokenizer, s_indented) + "\n");

        var specs = ModelConfigReader.Parse(json, "config.json").AllSpecs();
        var handles = new List<GCHandle>();
        try
        {
            var tensors = specs.Select((spec, i) =>
            {
                var handle = GCHandle.Alloc(Values(spec, seed, (ulong)i), GCHandleType.Pinned);
                handles.Add(handle);
                return new TensorSource(spec.Name, TensorDType.F32, spec.Shape, handle.AddrOfPinnedObject());
            }).ToArray();
            await SafetensorsWriter.WriteFileAsync(
                Path.Combine(folder, "model.safetensors"), tensors, new Dictionary<string, string> { ["format"] = "pt" }, CancellationToken.None);
        }
        finally
        {
            foreach (var handle in handles) handle.Free();
        }
    }

    /// <summary>The text of config.json.</summary>
    public static string Config(RandomModelShape shape, string dtype) => JsonSerializer.Serialize(
        new
        {
            architectures = new[] { "LlamaForCausalLM" },
            model_type = "llama",
            hidden_size = shape.HiddenSize,
            intermediate_size = shape.IntermediateSize,
            num_hidden_layers = shape.Layers,
            num_attention_heads = shape.Heads,
            num_key_value_heads = shape.KeyValueHeads,
            vocab_size = shape.VocabularySize,
            max_position_embeddings = shape.MaxPositions,
            rms_norm_eps = 1e-5,
            rope_theta = 10000.0,
            hidden_act = "silu",
            tie_word_embeddings = shape.Tied,
            bos_token_id = 1,
            eos_token_id = 2,
            initializer_range = InitializerRange,
            torch_dtype = dtype,
        },
        s_indented);

    // Norms are 1, biases would be 0, matrices normal (Box and Muller).
    private static float[] Values(ParameterSpec spec, ulong seed, ulong stream)
    {
        var values = new float[spec.Count];
        if (!spec.Decay)
        {
            Array.Fill(values, 1);
            return values;
        }

        var random = new CounterRandom(seed, stream);
        for (var i = 0; i < values.Length; i++)
        {
            var (u, v) = (((random.NextUInt64() >> 11) + 1) * Math.Pow(2, -53), (random.NextUInt64() >> 11) * Math.Pow(2, -53));
            values[i] = (float)(InitializerRange * Math.Sqrt(-2 * Math.Log(u)) * Math.Cos(2 * Math.PI * v));
        }

        return values;
    }
}
