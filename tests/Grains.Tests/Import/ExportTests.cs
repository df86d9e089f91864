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
        await ExportShardsAsync(run, folder.Root, 2 * ShardBytes);
        Assert.Equal(WeightFiles.Of(folder.Root), Directory.GetFiles(folder.Root, "*.safetensors*").Select(f => Path.GetFileName(f)).Order());
        await RunExporter.ExportAsync(run.Store, "test", folder.Root, Token);
        Assert.Equal([folder["model.safetensors"]], Directory.GetFiles(folder.Root, "*.safetensors*"));
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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ExportAsync_damaged_blob_is_named_and_leaves_an_earlier_export_as_it_was(bool inHeader)
    {
        using var run = await TestRun.TrainAsync(TinyStories.Spec(1));
        var folder = await run.ExportAsync();
        var before = Directory.GetFiles(folder).Order().Select(f => (f, Convert.ToHexString(File.ReadAllBytes(f)))).ToArray();
        var manifest = await ReadManifestAsync(run);
        var blob = manifest.Part(PartName.All(TinyStories.Layers)[^1]).Weights;
        var file = Directory.EnumerateFiles(run.Store.Location, blob.Sha256, SearchOption.AllDirectories).Single();
        var bytes = await File.ReadAllBytesAsync(file, Token);
        bytes[inHeader ? 8 : bytes.Length - 1] ^= 1;
        await File.WriteAllBytesAsync(file, bytes, Token);

        var error = await Assert.ThrowsAsync<BlobCorruptException>(run.ExportAsync);

        Assert.Contains(blob.Sha256, error.Message, StringComparison.Ordinal);
        Assert.Equal(before, Directory.GetFiles(folder).Order().Select(f => (f, Convert.ToHexString(File.ReadAllBytes(f)))));
    }

    [Fact]
    public async Task ExportAsync_one_part_is_in_memory_at_a_time()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(7) with { Dtype = "bfloat16" });
        await run.ContinueAsync(pauseAt: 2);
        using var folder = new TempFolder();
        var store = new CountingStore(run.Store);
        var manifest = await ReadManifestAsync(run);

        await ModelExporter.ExportAsync(store, manifest, PartName.All(TinyStories.Layers), folder.Root, Token);

        // Its weights, and the state that trained them.
        Assert.Equal(2, store.MostInMemory);
        Assert.Equal(await run.WeightsAsync(), TestRun.ReadWeights(folder.Root));
    }

    [Fact]
    public async Task ExportAsync_and_fork_of_a_run_that_goes_on_meanwhile_are_of_the_step_that_it_comes_to()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(4));
        await run.ContinueAsync(pauseAt: 1);
        using var folder = new TempFolder();
        await RunExporter.ExportAsync(new GoingOnStore(run.Store, () => GoOnAsync(2)), "test", folder.Root, Token);
        Assert.Equal(2, (await ReadManifestAsync(run)).Step);
        Assert.Equal(await run.WeightsAsync(), TestRun.ReadWeights(folder.Root));

        var fork = await RunFork.CreateAsync(
            new GoingOnStore(run.Store, () => GoOnAsync(3)), ManifestAddress.Last("test"), "fork", new GivenSettings(), Token);
        Assert.Equal(3, fork.Step);

        async Task GoOnAsync(long step)
        {
            await run.ContinueAsync(pauseAt: step);
            await GarbageCollector.CollectAsync(run.Store, TimeSpan.Zero, TimeProvider.System, Token);
        }
    }

    private static async Task ExportShardsAsync(TestRun run, string folder, long shardBytes = ShardBytes)
    {
        await ModelExporter.ExportAsync(
            run.Store, await ReadManifestAsync(run), PartName.All(TinyStories.Layers), folder, shardBytes, Token);
    }

    private static async Task<Manifest> ReadManifestAsync(TestRun run)
    {
        var head = await RunStore.ReadHeadAsync(run.Store, "test", Token);
        return await RunStore.ReadManifestAsync(run.Store, head!.Manifest!, Token);
    }

    /// <summary>Knows how many blobs were in memory at one time.</summary>
    private sealed class CountingStore(IBlobStore inner) : DelegatingBlobStore(inner)
    {
        private readonly List<BlobContent> _contents = [];

        public int MostInMemory { get; private set; }

        public override async Task<BlobContent> ReadAsync(BlobRef blob, CancellationToken cancellationToken)
        {
            var content = await base.ReadAsync(blob, cancellationToken);
            _contents.Add(content);
            MostInMemory = Math.Max(MostInMemory, _contents.Count(c => c.Data != 0));
            return content;
        }
    }

    /// <summary>A store in which a run goes on once, right before the first weights are read, or anything is written.</summary>
    private sealed class GoingOnStore(IBlobStore inner, Func<Task> goOn) : DelegatingBlobStore(inner)
    {
        private Func<Task>? _goOn = goOn;

        public override async Task<BlobContent> ReadAsync(BlobRef blob, CancellationToken cancellationToken)
        {
            if (blob.Length > ShardBytes / 10) await GoOnAsync();
            return await base.ReadAsync(blob, cancellationToken);
        }

        public override async Task<bool> PutAsync(IBlobSource blob, CancellationToken cancellationToken)
        {
            await GoOnAsync();
            return await base.PutAsync(blob, cancellationToken);
        }

        private Task GoOnAsync() => Interlocked.Exchange(ref _goOn, null)?.Invoke() ?? Task.CompletedTask;
    }
}
