using System.Text.Json.Nodes;
using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using LisaOrleans.Model.Tests;

namespace LisaOrleans.Training.Tests;

/// <summary>Multimodal models, of which the text trains and the rest goes along as it is.</summary>
public sealed class MultimodalFolderTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("model.language_model.", "model.")]
    [InlineData("language_model.model.", "")]
    public async Task ExportAsync_multimodal_folder_comes_out_with_all_its_tensors_and_files(string text, string vision)
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
        Assert.Equal(
            tensors.Where(MultimodalFolder.IsVision).Select(t => t.Name).Order(StringComparer.Ordinal), again.OtherTensors.Select(t => t.Name));
    }

    // As mistralai/Ministral-3-8B-Instruct-2512: fp8 in the text's maps, with one scale for each and one for its activations.
    [Fact]
    public async Task ExportAsync_quantised_text_comes_out_plain_and_the_vision_tower_as_it_was()
    {
        using var folder = new TempFolder();
        var config = JsonNode.Parse(MinistralReference.Wrapped.Config)!.AsObject();
        config["text_config"]!["vocab_size"] = 512;
        config["dtype"] = "bfloat16";
        var plain = config.DeepClone();
        config["quantization_config"] = JsonNode.Parse("""
            {
              "quant_method": "fp8", "activation_scheme": "static", "dequantize": false, "weight_block_size": null,
              "modules_to_not_convert": ["model.vision_tower", "model.multi_modal_projector", "lm_head"]
            }
            """);
        var specs = ModelConfigReader.Parse(config.ToJsonString(), "config.json").AllSpecs();
        RawTensor[] vision = [.. MultimodalFolder.Vision("", new Random(5))];
        MultimodalFolder.Write(folder["in"], [.. vision, .. specs.SelectMany(Stored)], config);
        var store = new FolderBlobStore(folder["store"]);
        await ImportAsync(store, folder["in"]);
        await RunExporter.ExportAsync(store, "test", folder["out"], Token);

        using var reader = SafetensorsReader.OpenFile(folder["out/model.safetensors"]);
        Assert.Equal(
            vision.Select(t => t.Name).Concat(specs.Select(s => "language_model." + s.Name)).Order(StringComparer.Ordinal),
            reader.Tensors.Keys.Order(StringComparer.Ordinal));
        foreach (var tensor in vision) Assert.Equal(tensor.Data, reader.ReadBytes(reader.Tensors[tensor.Name]));

        // 1.5 times the scale, of 2⁻³.
        foreach (var map in specs.Where(IsMap))
        {
            var expected = RawTensor.BFloat16(map.Name, [], Enumerable.Repeat(0.1875, (int)map.Count));
            Assert.Equal(expected.Data, reader.ReadBytes(reader.Tensors["language_model." + map.Name]));
        }

        Assert.True(JsonNode.DeepEquals(plain, JsonNode.Parse(await File.ReadAllTextAsync(folder["out/config.json"], Token))));

        static bool IsMap(ParameterSpec spec) => spec.Name.EndsWith("_proj.weight", StringComparison.Ordinal);

        static IEnumerable<RawTensor> Stored(ParameterSpec spec)
        {
            var name = "language_model." + spec.Name;
            if (!IsMap(spec)) return [RawTensor.BFloat16(name, [.. spec.Shape], Enumerable.Repeat(0.5, (int)spec.Count))];
            return
            [
                new RawTensor(name, "F8_E4M3", [.. spec.Shape], [.. Enumerable.Repeat((byte)0x3c, (int)spec.Count)]),
                RawTensor.BFloat16(name + "_scale_inv", [], [0.125]),
                RawTensor.BFloat16(name.Replace(".weight", ".activation_scale", StringComparison.Ordinal), [], [3]),
            ];
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ImportAsync_ropes_under_the_older_name_are_those_that_the_run_and_its_export_read(bool inside)
    {
        using var folder = new TempFolder();
        var whole = MultimodalFolder.Config;
        whole["text_config"]!["rope_scaling"] = JsonNode.Parse(
            """{"full_attention": {"rope_theta": 7.0}, "sliding_attention": {"rope_theta": 5.0}}""");
        var config = inside ? whole : whole["text_config"]!.DeepClone().AsObject();
        MultimodalFolder.Write(
            folder["in"],
            inside ? MultimodalFolder.Tensors() : MultimodalFolder.Tensors("model.").Where(t => !MultimodalFolder.IsVision(t)),
            config);
        var store = new FolderBlobStore(folder["store"]);
        await ImportAsync(store, folder["in"]);
        Assert.True((await ImportAsync(store, folder["in"])).Resumed);
        await RunExporter.ExportAsync(store, "test", folder["out"], Token);

        var plan = await RunPlan.Read(store, await ManifestAsync(store), Token);
        Assert.All(
            [plan.Config, ModelConfigReader.ReadFile(folder["out/config.json"]), ModelConfigReader.ReadFile(folder["in/config.json"])],
            c => Assert.Equal((7, 5), (Assert.IsType<Gemma3>(c).Rope.Theta, ((Gemma3)c).LocalRope.Theta)));
    }

    [Fact]
    public async Task ImportAsync_another_vision_tower_is_another_model()
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
    public async Task OtherTensors_text_alone_has_none()
    {
        using var folder = new TempFolder();
        MultimodalFolder.Write(folder["in"], MultimodalFolder.Tensors().Where(t => !MultimodalFolder.IsVision(t)));
        var store = new FolderBlobStore(folder["store"]);
        await ImportAsync(store, folder["in"]);
        Assert.Null((await ManifestAsync(store)).OtherTensors);
    }

    [Fact]
    public void Open_tensors_of_unknown_parts_or_beside_a_text_model_are_refused()
    {
        var audio = new RawTensor("model.audio_tower.conv.weight", "F32", [1], new byte[4]);
        Refuses(
            [.. MultimodalFolder.Tensors(), audio], MultimodalFolder.Config,
            "tensor 'model.audio_tower.conv.weight' does not belong to a gemma3_text model");

        var text = MultimodalFolder.Config["text_config"]!.DeepClone().AsObject();
        Refuses(
            MultimodalFolder.Tensors("model."), text, "tensor 'model.vision_tower.vision_model.embeddings.patch_embedding.weight' does not belong");
    }

    [Fact]
    public void Open_quantised_vision_tower_is_refused()
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
