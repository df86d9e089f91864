using System.Text.Json.Nodes;
using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using LisaOrleans.Model.Tests;

namespace LisaOrleans.Training.Tests;

/// <summary>Folders of all families on their way through the store.</summary>
public sealed class FamilyFoldersTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Families => [.. References.All.Select(r => r.Name)];

    [Theory]
    [MemberData(nameof(Families))]
    public async Task Export_of_each_family_has_its_folders_names_values_and_config(string name)
    {
        using var folder = new TempFolder();
        var before = await WriteAsync(folder["in"], References.All.Single(r => r.Name == name).Config, stored => [stored]);
        Assert.Equal(before, await ThroughAsync(folder));
        Assert.True(JsonNode.DeepEquals(Json("in"), Json("out")));

        JsonNode? Json(string which) => JsonNode.Parse(File.ReadAllText(Path.Combine(folder[which], ModelFolder.ConfigFile)));
    }

    [Fact]
    public async Task Gpt2_saved_without_its_head_keeps_its_names_and_loses_its_masks()
    {
        using var folder = new TempFolder();
        var before = await WriteAsync(folder["in"], Gpt2Reference.First.Config, name =>
        {
            var stored = name["transformer.".Length..];
            return stored.EndsWith("ln_1.bias", StringComparison.Ordinal)
                ? [stored, stored.Replace("ln_1.bias", "attn.bias", StringComparison.Ordinal)]
                : [stored];
        });
        Assert.Contains("wte.weight", before.Keys);
        Assert.Contains("h.0.attn.bias", before.Keys);
        Assert.Equal(before.Where(t => !t.Key.EndsWith(".attn.bias", StringComparison.Ordinal)), await ThroughAsync(folder));
    }

    private static async Task<SortedDictionary<string, byte[]>> ThroughAsync(TempFolder folder)
    {
        var store = new FolderBlobStore(folder["store"]);
        var spec = TinyStories.Spec(1) with { BlockSize = 16, Dtype = "float32" };
        await RunImporter.ImportAsync(store, TinyStories.Request(spec, folder["in"]), null, Token);
        await RunExporter.ExportAsync(store, "test", folder["out"], Token);
        return Read(folder["out"]);
    }

    // Random weights, with the tokenizer of the sample model and as many rows as it has tokens.
    private static async Task<SortedDictionary<string, byte[]>> WriteAsync(string folder, string json, Func<string, string[]> names)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.GetFiles(TinyStories.Model, "token*"))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        json = json.Replace("\"vocab_size\": 29", "\"vocab_size\": 512", StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(folder, ModelFolder.ConfigFile), json, Token);

        var weights = TinyModel.Weights(ModelConfigReader.Parse(json, "config.json"));
        try
        {
            var tensors = weights.SelectMany(w =>
                names(w.Key).Select(n => new TensorSource(n, TensorDType.F32, w.Value.shape, TensorMemory.Address(w.Value))));
            await SafetensorsWriter.WriteFileAsync(
                Path.Combine(folder, WeightFiles.Single), [.. tensors], new Dictionary<string, string>(), Token);
        }
        finally
        {
            foreach (var weight in weights.Values) weight.Dispose();
        }

        return Read(folder);
    }

    private static SortedDictionary<string, byte[]> Read(string folder)
    {
        using var reader = SafetensorsReader.OpenFile(Path.Combine(folder, WeightFiles.Single));
        return new SortedDictionary<string, byte[]>(
            reader.Tensors.Values.ToDictionary(t => t.Name, reader.ReadBytes), StringComparer.Ordinal);
    }
}
