using System.Text.Json;
using LisaOrleans.Checkpoints;
using static TorchSharp.torch;

namespace LisaOrleans.Grains.Tests;

/// <summary>Reads a PEFT folder by PEFT's rules alone, and adds its adapters to a model in float64.</summary>
internal static class PeftReader
{
    /// <summary>The weights of the model with the adapters in it, float32; the caller owns them.</summary>
    public static Dictionary<string, Tensor> Merge(string model, string adapter)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(adapter, "adapter_config.json")));
        var config = json.RootElement;
        var (rank, alpha) = (config.GetProperty("r").GetDouble(), config.GetProperty("lora_alpha").GetDouble());
        var rslora = config.TryGetProperty("use_rslora", out var flag) && flag.GetBoolean();
        var scaling = alpha / (rslora ? Math.Sqrt(rank) : rank);
        var transposed = config.TryGetProperty("fan_in_fan_out", out var fan) && fan.GetBoolean();

        var weights = Read(Path.Combine(model, "model.safetensors"));
        var adapters = Read(Path.Combine(adapter, "adapter_model.safetensors"));
        foreach (var (name, value) in weights.ToList())
        {
            using var scope = NewDisposeScope();
            var key = $"base_model.model.{name[..^".weight".Length]}";
            if (adapters.TryGetValue(key + ".lora_A.weight", out var a))
            {
                var sum = (transposed ? value.t() : value) + (adapters[key + ".lora_B.weight"].matmul(a) * scaling);
                if (adapters.TryGetValue(key + ".lora_magnitude_vector", out var magnitude))
                    sum *= (magnitude / (sum * sum).sum(1).sqrt()).unsqueeze(1);
                weights[name] = (transposed ? sum.t() : sum).contiguous().DetachFromDisposeScope();
                value.Dispose();
            }
        }

        foreach (var tensor in adapters.Values) tensor.Dispose();
        return weights.ToDictionary(w => w.Key, w =>
        {
            using (w.Value) return w.Value.to(ScalarType.Float32).DetachFromDisposeScope();
        });
    }

    private static Dictionary<string, Tensor> Read(string file)
    {
        using var reader = SafetensorsReader.OpenFile(file);
        return reader.Tensors.Values.ToDictionary(t => t.Name, t =>
        {
            Assert.Equal(TensorDType.F32, t.DType);
            var numbers = new float[t.Length / 4];
            Buffer.BlockCopy(reader.ReadBytes(t), 0, numbers, 0, (int)t.Length);
            return tensor(numbers, [.. t.Shape]).to(ScalarType.Float64);
        });
    }
}
