using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

public sealed class ExportTests
{
    private const long ShardBytes = 400_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ExportAsync_shards_hold_the_same_tensors_within_the_limit()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(1));
        using var folder = new TempFolder();
        await ExportShardsAsync(run, folder["shards"]);
        var whole = await run.WeightsAsync();

        using var index = JsonDocument.Parse(await File.ReadAllBytesAsync(folder["shards/model.safetensors.index.json"], Token));
        var map = index.RootElement.GetProperty("weight_map").EnumerateObject().ToDictionary(e => e.Name, e => e.Value.GetString()!);
        Assert.Equal(whole.Keys.Order(), map.Keys.Order());
        Assert.Equal(whole.Values.Sum(v => v.Length), index.RootElement.GetProperty("metadata").GetProperty("total_size").GetInt64());
        var files = map.Values.Distinct().Order().ToArray();
        Assert.Equal(Enumerable.Range(1, files.Length).Select(i => $"model-{i:D5}-of-{files.Length:D5}.safetensors"), files);
        Assert.InRange(files.Length, 5, 20);
        foreach (var file in files)
        {
            using var shard = SafetensorsReader.OpenFile(folder[$"shards/{file}"]);
            Assert.InRange(shard.Tensors.Values.Sum(t => shard.ReadBytes(t).LongLength), 1, ShardBytes);
            foreach (var tensor in shard.Tensors.Values)
            {
                Assert.Equal(file, map[tensor.Name]);
                Assert.Equal(whole[tensor.Name], shard.ReadBytes(tensor));
            }
        }

        using var model = ModelFolder.Open(folder["shards"]);
        Assert.Equal(TinyStories.Layers, model.Config.NumHiddenLayers);
    }

    [Fact]
    public async Task ExportAsync_earlier_export_in_the_other_form_is_removed()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(1));
        using var folder = new TempFolder();
        await RunExporter.ExportAsync(run.Store, "test", folder.Root, Token);
        await ExportShardsAsync(run, folder.Root);
        Assert.False(File.Exists(folder["model.safetensors"]));
        await RunExporter.ExportAsync(run.Store, "test", folder.Root, Token);
        Assert.False(File.Exists(folder["model.safetensors.index.json"]));
        Assert.Equal(await run.WeightsAsync(), TestRun.ReadWeights(folder.Root));
    }

    [Fact]
    public async Task ExportAsync_leftover_of_a_killed_export_is_deleted()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(1));
        using var folder = new TempFolder();
        var half = folder[".model.safetensors.1ea155dd4828496688c56425e77cc1a7.partial"];
        var foreign = folder[".download.partial"];
        foreach (var file in (string[])[half, foreign]) await File.WriteAllTextAsync(file, "half", Token);

        await RunExporter.ExportAsync(run.Store, "test", folder.Root, Token);

        Assert.False(File.Exists(half));
        Assert.True(File.Exists(foreign));
    }

    private static async Task ExportShardsAsync(TestRun run, string folder)
    {
        var head = await RunStore.ReadHeadAsync(run.Store, "test", Token);
        var manifest = await RunStore.ReadManifestAsync(run.Store, head!.Manifest!, Token);
        await ModelExporter.ExportAsync(run.Store, manifest, PartName.All(TinyStories.Layers), folder, ShardBytes, Token);
    }
}
