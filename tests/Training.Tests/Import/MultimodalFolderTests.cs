using System.Text.Json.Nodes;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training.Tests;

/// <summary>Multimodal models, of which the text trains and the rest goes along as it is.</summary>
public sealed class MultimodalFolderTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("model.language_model.", "model.")]
    [InlineData("language_model.model.", "")]
    public async Task Export_has_all_tensors_and_files_of_the_folder(string text, string vision)
    {
        using var folder = new TempFolder();
        var tensors = MultimodalFolder.Tensors(text, vision);
        MultimodalFolder.Write(folder["in"], tensors);
        var store = new FolderBlobStore(folder["store"]);
        await ImportAsync(store, folder["in"]);
        await RunExporter.ExportAsync(store, "test", folder["out"], Token);

        using var reader = SafetensorsReader.OpenFile(folder["out/model.safetensors"]);
        Assert.Equal(tensors.Select(t => t.Name).Order(StringComparer.Ordinal), reader.Tensors.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, dtype, shape, data) in tensors)
        {
            Assert.Equal(dtype, reader.Tensors[name].DType.Name());
            Assert.Equal(shape, reader.Tensors[name].Shape);
            Assert.Equal(data, reader.ReadBytes(reader.Tensors[name]));
        }

        foreach (var file in (string[])["config.json", MultimodalFolder.Processor])
            Assert.Equal(await File.ReadAllTextAsync(folder[$"in/{file}"], Token), await File.ReadAllTextAsync(folder[$"out/{file}"], Token));
        using var again = ModelFolder.Open(folder["out"]);
        Assert.Equal(tensors.Where(MultimodalFolder.IsVision).Select(t => t.Name).Order(StringComparer.Ordinal), again.OtherTensors.Select(t => t.Name));
    }

    [Fact]
    public async Task Folder_with_another_vision_tower_is_another_model()
    {
        using var folder = new TempFolder();
        var tensors = MultimodalFolder.Tensors();
        MultimodalFolder.Write(folder["in"], tensors);
        var store = new FolderBlobStore(folder["store"]);
        await ImportAsync(store, folder["in"]);
        Assert.True((await ImportAsync(store, folder["in"])).Resumed);

        tensors.First(MultimodalFolder.IsVision).Data[0]++;
        MultimodalFolder.Write(folder["other"], tensors);
        var e = await Assert.ThrowsAsync<RunExistsException>(() => ImportAsync(store, folder["other"]));
        Assert.Contains("model weights", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_alone_has_no_other_tensors()
    {
        using var folder = new TempFolder();
        MultimodalFolder.Write(folder["in"], MultimodalFolder.Tensors().Where(t => !MultimodalFolder.IsVision(t)));
        var store = new FolderBlobStore(folder["store"]);
        await ImportAsync(store, folder["in"]);
        Assert.Null((await ManifestAsync(store)).OtherTensors);
    }

    [Fact]
    public void Tensors_of_unknown_parts_and_of_a_text_model_are_refused()
    {
        var audio = new RawTensor("model.audio_tower.conv.weight", "F32", [1], new byte[4]);
        Refuses([.. MultimodalFolder.Tensors(), audio], MultimodalFolder.Config, "tensor 'model.audio_tower.conv.weight' does not belong to a gemma3_text model");

        var text = MultimodalFolder.Config["text_config"]!.DeepClone().AsObject();
        Refuses(MultimodalFolder.Tensors("model."), text, "tensor 'model.vision_tower.vision_model.embeddings.patch_embedding.weight' does not belong");
    }

    [Fact]
    public void A_vision_tower_that_is_quantised_is_refused()
    {
        var tensors = MultimodalFolder.Tensors();
        var at = tensors.FindIndex(t => t.Name.EndsWith("post_layernorm.bias", StringComparison.Ordinal));
        tensors[at] = tensors[at] with { DType = "F8_E4M3", Shape = [16] };
        var config = MultimodalFolder.Config;
        config["quantization_config"] = JsonNode.Parse("""{"quant_method": "fp8"}""");
        Refuses(tensors, config, $"tensor '{tensors[at].Name}' is F8_E4M3; outside of the text's part no weights quantised by fp8 are supported");
    }

    private static Task<ImportOutcome> ImportAsync(IBlobStore store, string model) => RunImporter.ImportAsync(
        store, TinyStories.Request(TinyStories.Spec(1) with { BlockSize = 16, Dtype = "auto" }, model), null, Token);

    private static async Task<Manifest> ManifestAsync(IBlobStore store)
    {
        var head = await RunStore.ReadHeadAsync(store, "test", Token);
        return await RunStore.ReadManifestAsync(store, head!.Manifest!, Token);
    }

    private static void Refuses(IEnumerable<RawTensor> tensors, JsonObject config, string says)
    {
        using var folder = new TempFolder();
        MultimodalFolder.Write(folder["in"], tensors, config);
        var e = Assert.Throws<InvalidDataFileException>(() => ModelFolder.Open(folder["in"]));
        Assert.StartsWith(folder["in/model.safetensors"], e.Message, StringComparison.Ordinal);
        Assert.Contains(says, e.Message, StringComparison.Ordinal);
    }
}
