using System.Runtime.InteropServices;
using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using LisaOrleans.Training;

namespace LisaOrleans.Gguf.Tests;

/// <summary>Small random models, and their way through a store.</summary>
internal static class ModelFolderOf
{
    /// <summary>Writes a folder with a config.json, random weights and the sample's tokenizer.</summary>
    public static async Task WriteAsync(string folder, string config, CancellationToken cancellationToken, TensorDType dtype = TensorDType.F32)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.GetFiles(TinyStories.Model, "token*")) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        await File.WriteAllTextAsync(Path.Combine(folder, ModelFileNames.Config), config, cancellationToken);
        var random = new Random(7);
        var pins = new List<GCHandle>();
        try
        {
            var tensors = ModelConfigReader.Parse(config, ModelFileNames.Config).AllSpecs()
                .Select(s => new TensorSource(s.Name, dtype, s.Shape, Random(s))).ToList();
            await SafetensorsWriter.WriteFileAsync(
                Path.Combine(folder, WeightFiles.Single), tensors, new Dictionary<string, string>(), cancellationToken);
        }
        finally
        {
            foreach (var pin in pins) pin.Free();
        }

        nint Random(ParameterSpec spec)
        {
            var numbers = new float[spec.Count];
            for (var i = 0; i < numbers.Length; i++)
            {
                var noise = (float)((2 * random.NextDouble()) - 1);
                numbers[i] = spec.Name.Contains("norm", StringComparison.Ordinal) ? 1 + (0.2f * noise) : 0.3f * noise;
            }

            Array stored = dtype == TensorDType.F32
                ? numbers : numbers.Select(n => (ushort)(BitConverter.SingleToUInt32Bits(n) >> 16)).ToArray();
            pins.Add(GCHandle.Alloc(stored, GCHandleType.Pinned));
            return pins[^1].AddrOfPinnedObject();
        }
    }

    /// <summary>Imports a folder as a run and exports it both ways; returns the GGUF file. The Hugging Face folder is <c>hf</c>.</summary>
    public static async Task<string> ExportAsync(
        TempFolder folder, string model, GgufType type, CancellationToken cancellationToken, DatasetSettings? data = null, string dtype = "float32")
    {
        var store = new FolderBlobStore(folder["store"]);
        var request = TinyStories.Request(TinyStories.Spec(1) with { BlockSize = 96, Dtype = dtype }, model) with
        {
            Dataset = data ?? new DatasetSettings(),
            Overwrite = true,
        };
        await RunImporter.ImportAsync(store, request, null, cancellationToken);
        var (manifest, _) = await RunManifests.ReadAsync(store, ManifestAddress.Last("test"), cancellationToken);
        await RunExporter.ExportAsync(store, manifest, folder["hf"], cancellationToken);
        return (await GgufExporter.ExportAsync(store, manifest, "test", type, folder["gguf"], cancellationToken)).Path;
    }

    /// <summary>Our likeliest tokens, and the logits behind the prompt.</summary>
    public static (int[] Tokens, float[] Logits) Continue(string folder, IReadOnlyList<int> prompt, int count)
    {
        using var model = ModelLoader.Load(folder, "float32");
        using var logits = model.Logits(prompt);
        using var last = logits[-1];
        int[] tokens = [.. TextGenerator.Generate(model, prompt, new GenerationOptions { MaxNewTokens = count }, CancellationToken.None)];
        return (tokens, last.data<float>().ToArray());
    }
}
