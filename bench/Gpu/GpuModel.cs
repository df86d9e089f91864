using System.Globalization;
using LisaOrleans.Checkpoints;
using LisaOrleans.Data;
using LisaOrleans.Model;
using LisaOrleans.Samples.Make;
using static TorchSharp.torch;

namespace LisaOrleans.Bench;

/// <summary>A bfloat16 model of any size with random weights, and rows that are all of one length.</summary>
internal static class GpuModel
{
    // The weights of all tensors are windows into one block of normal numbers: billions of them would take minutes to draw.
    private const long BlockNumbers = 192L << 20;
    private const long Stride = 1 << 16;

    /// <value>LLaMA-2-7B: 6.7 G parameters.</value>
    public static RandomModelShape Llama7B { get; } = new(4096, 11008, 32, 32, 32, 32000, 4096, Tied: false);

    /// <value>TinyLlama: 1.1 G parameters.</value>
    public static RandomModelShape TinyLlama { get; } = new(2048, 5632, 22, 32, 4, 32000, 2048, Tied: false);

    /// <summary>Writes a Llama in bfloat16.</summary>
    public static Task WriteAsync(string folder, RandomModelShape shape) => WriteAsync(folder, RandomModel.Config(shape, "bfloat16"));

    /// <summary>Writes a model of any family in bfloat16, a tensor at a time.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="json">The text of config.json.</param>
    public static async Task WriteAsync(string folder, string json)
    {
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "config.json"), json);
        await File.WriteAllTextAsync(
            Path.Combine(folder, "tokenizer_config.json"),
            """
            {"tokenizer_class":"LlamaTokenizer","add_bos_token":true,"add_eos_token":false,"bos_token":"<s>","eos_token":"</s>",
             "unk_token":"<unk>"}
            """);
        File.Copy(Path.Combine(BenchModel.Samples, "tiny-stories", "tokenizer.model"), Path.Combine(folder, "tokenizer.model"), overwrite: true);

        var specs = ModelConfigReader.Parse(json, "config.json").AllSpecs();
        manual_seed(7);
        var numbers = Math.Max(specs.Max(s => s.Count), BlockNumbers) + Stride;
        using var block = empty([numbers], ScalarType.BFloat16).normal_(0, 0.02);
        using var norms = ones([specs.Where(s => !s.Decay).Max(s => s.Count)], ScalarType.BFloat16);
        var tensors = specs.Select((spec, i) => new TensorSource(spec.Name, TensorDType.BF16, spec.Shape, Address(spec, i))).ToArray();
        await SafetensorsWriter.WriteFileAsync(
            Path.Combine(folder, "model.safetensors"), tensors, new Dictionary<string, string> { ["format"] = "pt" }, CancellationToken.None);

        nint Address(ParameterSpec spec, int index)
        {
            if (!spec.Decay) return TensorMemory.Address(norms);
            var room = (numbers - spec.Count) / Stride;
            return TensorMemory.Address(block) + (nint)(2 * Stride * (index * 31L % (room + 1)));
        }
    }

    /// <summary>Rows of text that are longer than a block.</summary>
    public static Task WriteDataAsync(string file, int characters)
    {
        var text = string.Join(
            ' ', File.ReadLines(Path.Combine(BenchModel.Samples, "animals.jsonl")).Select(l => l.Replace("\"", "", StringComparison.Ordinal)));
        while (text.Length < 2 * characters) text += ' ' + text;
        var random = new CounterRandom(1, 0);
        return File.WriteAllLinesAsync(file, Enumerable.Range(0, 256).Select(_ => string.Create(
            CultureInfo.InvariantCulture, $"{{\"text\":\"{text.Substring(random.NextInt(text.Length - characters), characters)}\"}}")));
    }
}
