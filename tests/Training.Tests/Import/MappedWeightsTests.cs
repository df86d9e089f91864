using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using LisaOrleans.Model.Tests;
using static TorchSharp.torch;

namespace LisaOrleans.Training.Tests;

public sealed class MappedWeightsTests
{
    private static readonly PartDtypes s_dtypes = PartDtypes.Parse("float32", "float32");
    private static readonly TensorSpec[] s_odd = [new("odd", [3], ScalarType.Float32), new("behind", [64], ScalarType.Float32)];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task MapWeights_tensors_lie_in_the_file_until_the_last_one_is_freed()
    {
        using var folder = new TempFolder();
        var (config, path) = (TinyModel.Config(), folder["layer.safetensors"]);
        var specs = config.LayerSpecs(1);
        using var scope = NewDisposeScope();
        var written = specs.Select(s => new NamedTensor(s.Name, rand([.. s.Shape]))).ToArray();
        await SafetensorsWriter.WriteFileAsync(path, Sources(written), null, Token);

        var weights = PartStorage.MapWeights(SafetensorsReader.OpenFile(path), path, specs, s_dtypes);
        foreach (var (name, value) in written)
        {
            Assert.True(MappedMemory.Holds(weights[name]), name);
            Assert.True(weights[name].eq(value).all().item<bool>(), name);
        }

        // Another tensor over the same memory keeps all of the file mapped.
        var kept = weights[specs[^1].Name].alias();
        foreach (var tensor in weights.Values) tensor.Dispose();
        Assert.True(IsMapped(path));
        Assert.True(kept.eq(written[^1].Value).all().item<bool>());
        kept.Dispose();
        Assert.False(IsMapped(path));
    }

    [Fact]
    public async Task MapWeights_what_does_not_begin_where_tensors_do_in_memory_is_copied()
    {
        using var folder = new TempFolder();
        var path = folder["odd.safetensors"];
        using var scope = NewDisposeScope();
        var written = s_odd.Select(s => new NamedTensor(s.Name, rand([.. s.Shape]))).ToArray();
        await SafetensorsWriter.WriteFileAsync(path, Sources(written), null, Token);
        ParameterSpec[] specs = [.. s_odd.Select(s => new ParameterSpec(s.Name, s.Shape, Decay: false))];

        var weights = PartStorage.MapWeights(SafetensorsReader.OpenFile(path), path, specs, s_dtypes);
        Assert.Equal((true, false), (MappedMemory.Holds(weights["odd"]), MappedMemory.Holds(weights["behind"])));
        Assert.True(weights["behind"].eq(written[1].Value).all().item<bool>());
        foreach (var tensor in weights.Values) tensor.Dispose();
    }

    [Fact]
    public async Task Import_for_gpus_alone_is_refused_before_anything_is_read_or_stored()
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder["store"]);
        var spec = TinyStories.Spec(1) with { FrozenWeights = "mapped" };
        var request = TinyStories.Request(spec) with { DataFile = folder["no-such-file.jsonl"] };
        var e = await Assert.ThrowsAsync<InvalidTrainingSettingException>(
            () => RunImporter.ImportAsync(store, request, null, Token, new ImportOptions { OnGpu = true }));
        Assert.Contains("mapped, which only works on a CPU", e.Message, StringComparison.Ordinal);
        Assert.Empty(await store.ListAsync(Token).ToListAsync(Token));

        // Begun on processors, and to be resumed on GPUs.
        request = request with { DataFile = TinyStories.Data };
        await RunImporter.ImportAsync(store, request, null, Token, new ImportOptions { OnGpu = false });
        await Assert.ThrowsAsync<InvalidTrainingSettingException>(
            () => RunResumption.PrepareAsync(store, request.Spec.RunName, new GivenSettings(), Token, new ImportOptions { OnGpu = true }));
        Assert.True(
            (await RunResumption.PrepareAsync(
                store, request.Spec.RunName, new GivenSettings(), Token, new ImportOptions { OnGpu = false })).Resumed);
    }

    [Fact]
    public async Task MapWeights_blob_of_another_part_is_refused_and_let_go_of()
    {
        using var folder = new TempFolder();
        var path = folder["layer.safetensors"];
        using var scope = NewDisposeScope();
        await SafetensorsWriter.WriteFileAsync(path, Sources([new NamedTensor("other", zeros(3))]), null, Token);
        var error = Assert.Throws<InvalidDataFileException>(
            () => PartStorage.MapWeights(SafetensorsReader.OpenFile(path), path, TinyModel.Config().LayerSpecs(0), s_dtypes));
        Assert.Contains("is missing", error.Message, StringComparison.Ordinal);
        Assert.False(IsMapped(path));
    }

    private static TensorSource[] Sources(IEnumerable<NamedTensor> tensors) => [.. tensors.Select(t => new TensorSource(
        t.Name, PartStorage.ToDType(t.Value.dtype), t.Value.shape, TensorMemory.Address(t.Value)))];

    private static bool IsMapped(string path) => File.ReadLines("/proc/self/maps").Any(l => l.EndsWith(path, StringComparison.Ordinal));
}
