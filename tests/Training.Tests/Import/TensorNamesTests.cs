using System.Runtime.InteropServices;
using LisaOrleans.Checkpoints;
using LisaOrleans.Model;

namespace LisaOrleans.Training.Tests;

public sealed class TensorNamesTests
{
    private const string Embedding = "model.embed_tokens.weight";

    private const string Multimodal = """
        {
          "model_type": "gemma3", "dtype": "float32", "vision_config": {"model_type": "siglip_vision_model"},
          "text_config": {
            "model_type": "gemma3_text", "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "head_dim": 8,
            "num_key_value_heads": 1, "vocab_size": 512, "max_position_embeddings": 64, "sliding_window": 8
          }
        }
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", "")]
    [InlineData("model.", "")]
    public async Task ExportAsync_folder_keeps_its_names_and_values(string prefix, string stored)
    {
        using var folder = new TempFolder();
        var before = await WriteAsync(folder["in"], name => [Renamed(name, prefix, stored)]);
        Assert.Equal(before, await ThroughAsync(folder));
    }

    [Theory]
    [InlineData("", "language_model.")]
    [InlineData("model.", "model.language_model.")]
    public async Task ExportAsync_text_of_a_multimodal_model_keeps_the_names_of_the_folder(string prefix, string stored)
    {
        using var folder = new TempFolder();
        await WriteAsync(folder["in"], name => [name]);
        await File.WriteAllTextAsync(folder["in/config.json"], Multimodal, Token);
        var specs = ModelConfigReader.Parse(Multimodal, "config.json").AllSpecs();
        var values = GCHandle.Alloc(new float[specs.Max(s => s.Count)], GCHandleType.Pinned);
        try
        {
            TensorSource[] tensors =
                [.. specs.Select(s => new TensorSource(Renamed(s.Name, prefix, stored), TensorDType.F32, s.Shape, values.AddrOfPinnedObject()))];
            await SafetensorsWriter.WriteFileAsync(folder[$"in/{WeightFiles.Single}"], tensors, new Dictionary<string, string>(), Token);
        }
        finally
        {
            values.Free();
        }

        var before = Read(folder["in"]);
        Assert.Equal(before, await ThroughAsync(folder));
        Assert.Equal(await File.ReadAllTextAsync(folder["in/config.json"], Token), await File.ReadAllTextAsync(folder["out/config.json"], Token));
    }

    [Fact]
    public async Task Open_names_of_a_multimodal_model_in_a_text_model_are_refused()
    {
        using var folder = new TempFolder();
        await WriteAsync(folder["in"], name => [Renamed(name, "model.", "model.language_model.")]);
        Assert.Contains(
            $"'{Embedding}' is missing", Assert.Throws<InvalidDataFileException>(() => ModelFolder.Open(folder["in"])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task ExportAsync_tied_matrix_stored_twice_comes_out_once()
    {
        using var folder = new TempFolder();
        var before = await WriteAsync(folder["in"], name => name == Embedding ? [name, "lm_head.weight"] : [name]);
        Assert.Equal(before.Keys.Except(["lm_head.weight"]).Order(), (await ThroughAsync(folder)).Keys.Order());
    }

    [Fact]
    public async Task ImportAsync_weights_in_double_precision_are_read()
    {
        using var folder = new TempFolder();
        var before = await WriteAsync(folder["in"], name => [name], doubles: true);
        Assert.All(await ThroughAsync(folder), after => Assert.Equal(
            MemoryMarshal.Cast<byte, double>(before[after.Key]).ToArray(),
            MemoryMarshal.Cast<byte, float>(after.Value).ToArray().Select(v => (double)v)));
    }

    [Fact]
    public void Of_manifest_with_malformed_names_is_refused()
    {
        var manifest = new Manifest
        {
            Run = "r",
            Generation = 0,
            Step = 0,
            Spec = new BlobRef("", 0),
            Parts = new Dictionary<string, PartState>(),
            Files = new Dictionary<string, BlobRef>(),
            Log = [],
            Properties = new Dictionary<string, string> { ["tensor_names"] = "[]" },
        };
        Assert.Contains("tensor_names", Assert.Throws<InvalidDataFileException>(() => TensorNames.Of(manifest)).Message, StringComparison.Ordinal);
    }

    private static async Task<Dictionary<string, byte[]>> ThroughAsync(TempFolder folder)
    {
        var store = new FolderBlobStore(folder["store"]);
        await RunImporter.ImportAsync(store, TinyStories.Request(TinyStories.Spec(1), folder["in"]), null, Token);
        await RunExporter.ExportAsync(store, "test", folder["out"], Token);
        return Read(folder["out"]);
    }

    // The sample model under other names.
    private static async Task<Dictionary<string, byte[]>> WriteAsync(string folder, Func<string, string[]> names, bool doubles = false)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.GetFiles(TinyStories.Model)) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        using var reader = SafetensorsReader.OpenFile(Path.Combine(TinyStories.Model, "model.safetensors"));
        var handles = new List<GCHandle>();
        try
        {
            var tensors = reader.Tensors.Values.SelectMany(t => names(t.Name).Select(name =>
            {
                if (!doubles) return new TensorSource(name, t.DType, t.Shape, reader.Pointer(t));
                var values = MemoryMarshal.Cast<byte, float>(reader.ReadBytes(t)).ToArray().Select(v => (double)v).ToArray();
                handles.Add(GCHandle.Alloc(values, GCHandleType.Pinned));
                return new TensorSource(name, TensorDType.F64, t.Shape, handles[^1].AddrOfPinnedObject());
            })).ToArray();
            await SafetensorsWriter.WriteFileAsync(
                Path.Combine(folder, WeightFiles.Single), tensors, new Dictionary<string, string>(), Token);
        }
        finally
        {
            foreach (var handle in handles) handle.Free();
        }

        return Read(folder);
    }

    private static string Renamed(string name, string prefix, string stored) =>
        name.StartsWith(prefix, StringComparison.Ordinal) ? stored + name[prefix.Length..] : name;

    private static Dictionary<string, byte[]> Read(string folder)
    {
        using var reader = SafetensorsReader.OpenFile(Path.Combine(folder, WeightFiles.Single));
        return reader.Tensors.Values.ToDictionary(t => t.Name, reader.ReadBytes);
    }
}
