using System.Runtime.InteropServices;
using LisaOrleans.Checkpoints;
using LisaOrleans.Data;

namespace LisaOrleans.Training.Tests;

public sealed class TokenCacheTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FolderBlobStore _store;

    public TokenCacheTests()
    {
        _store = new FolderBlobStore(_folder["store"]);
        File.Copy(TinyStories.Data, _folder["data.jsonl"]);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ImportAsync_same_data_again_takes_the_tokens_of_the_store()
    {
        var first = await Import("a");
        var second = await Import("b");
        var resumed = await Import("a");
        Assert.True(first.Tokenised);
        Assert.False(second.Tokenised || resumed.Tokenised);
        Assert.Equal(first.Dataset, second.Dataset);
        Assert.Equivalent(first.Figures, second.Figures, strict: true);
        Assert.Equal(first.Steps, second.Steps);
    }

    [Fact]
    public async Task ImportAsync_name_of_the_file_does_not_matter_but_everything_else_does()
    {
        await Import("a");
        File.Move(_folder["data.jsonl"], _folder["other.json"]);
        Assert.False((await Import("b", "other.json")).Tokenised);
        Assert.True((await Import("c", "other.json", o => o with { TrainOnPrompt = true })).Tokenised);
        Assert.True((await Import("d", "other.json", o => o with { Template = "chatml" })).Tokenised);
        Assert.True((await Import("e", "other.json:2")).Tokenised);
        Assert.True((await Import("f", "other.json", o => o with { ValidationSplit = "0.5" })).Tokenised);
        await File.AppendAllTextAsync(_folder["other.json"], "\n", Token);
        Assert.True((await Import("g", "other.json")).Tokenised);
    }

    [Fact]
    public async Task ImportAsync_end_token_of_the_model_matters_and_the_rest_of_its_config_does_not()
    {
        Directory.CreateDirectory(_folder["model"]);
        foreach (var file in Directory.GetFiles(TinyStories.Model)) File.Copy(file, _folder[$"model/{Path.GetFileName(file)}"]);
        var config = await File.ReadAllTextAsync(_folder["model/config.json"], Token);
        await Import("a", model: _folder["model"]);
        await Write("initializer_range\": 0.02", "initializer_range\": 0.03");
        Assert.False((await Import("b", model: _folder["model"])).Tokenised);
        await Write("eos_token_id\": 2", "eos_token_id\": 1");
        Assert.True((await Import("c", model: _folder["model"])).Tokenised);

        Task Write(string was, string now) =>
            File.WriteAllTextAsync(_folder["model/config.json"], config.Replace(was, now, StringComparison.Ordinal), Token);
    }

    [Fact]
    public async Task ImportAsync_two_sources_are_not_the_folder_of_the_same_files()
    {
        Directory.CreateDirectory(_folder["two"]);
        foreach (var name in (string[])["a", "b"]) File.Copy(TinyStories.Data, _folder[$"two/{name}.jsonl"]);
        Assert.True((await Import("a", "two")).Tokenised);
        var sources = $"two/a.jsonl,{_folder["two/b.jsonl"]}";
        Assert.True((await Import("b", sources)).Tokenised);
        Assert.False((await Import("c", sources)).Tokenised);
    }

    [Fact]
    public async Task ImportAsync_weights_are_told_alike_from_the_cache()
    {
        var data = WeightedLines.Write(TinyStories.Data, _folder["weighted.jsonl"]);
        var first = await Import("a", Path.GetFileName(data));
        var second = await Import("b", Path.GetFileName(data));
        Assert.False(second.Tokenised);
        Assert.InRange(first.Figures.WeightedTokens, 1, first.Figures.TrainedTokens - 1);
        Assert.Single(first.Figures.Notes, n => n.EndsWith("have weights other than 1: from 0.25 to 2", StringComparison.Ordinal));
        Assert.Equivalent(first.Figures, second.Figures, strict: true);
    }

    [Fact]
    public async Task ImportAsync_tokens_that_were_collected_as_garbage_are_made_again()
    {
        var first = await Import("a");
        await foreach (var blob in _store.ListAsync(Token))
            if (blob.Sha256 == first.Dataset.Sha256) await _store.DeleteAsync(blob, Token);
        var second = await Import("b");
        Assert.True(second.Tokenised);
        Assert.Equal(first.Dataset, second.Dataset);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ImportAsync_tokens_that_are_damaged_are_made_again_for_another_run(bool packing)
    {
        var first = await Import("a");
        DamagedBlobs.Damage(_folder["store"], first.Dataset.Sha256);
        Assert.False((await Import("a")).Tokenised);
        await Assert.ThrowsAsync<BlobCorruptException>(() => _store.ReadAsync(first.Dataset, Token));

        var second = await Import("b", packing: packing);

        Assert.True(second.Tokenised);
        Assert.Equal(first.Dataset, second.Dataset);
        (await _store.ReadAsync(first.Dataset, Token)).Dispose();
    }

    [Fact]
    public async Task ImportAsync_run_that_goes_on_takes_the_tokens_of_its_split_from_the_store()
    {
        Directory.CreateDirectory(_folder["splits"]);
        File.Copy(TinyStories.Data, _folder["splits/train.jsonl"]);
        await File.WriteAllLinesAsync(_folder["splits/validation.jsonl"], File.ReadLines(TinyStories.Data).Take(5), Token);
        Assert.True((await Import("a", "splits", o => o with { ValidationSplit = "validation" })).Tokenised);
        Assert.False((await Import("a", "splits", o => o with { ValidationSplit = "validation" })).Tokenised);
    }

    [Fact]
    public async Task ImportAsync_packed_rows_are_counted_alike_from_the_cache()
    {
        var first = await Import("a", packing: true);
        var second = await Import("b", packing: true);
        Assert.False(second.Tokenised);
        Assert.Equal(first.Steps, second.Steps);
    }

    [Fact]
    public async Task ToBlob_data_set_is_the_safetensors_file_of_its_arrays()
    {
        using var data = Tokenize();
        var (ids, offsets, mask) = (data.Ids.ToArray(), data.Offsets, data.Mask.ToArray());
        var pins = new[]
        {
            GCHandle.Alloc(ids, GCHandleType.Pinned),
            GCHandle.Alloc(offsets, GCHandleType.Pinned),
            GCHandle.Alloc(mask, GCHandleType.Pinned),
        };
        TensorSource[] sources =
        [
            new("ids", TensorDType.I32, [ids.Length], pins[0].AddrOfPinnedObject()),
            new("offsets", TensorDType.I64, [offsets.Length], pins[1].AddrOfPinnedObject()),
            new("mask", TensorDType.U8, [mask.Length], pins[2].AddrOfPinnedObject()),
        ];
        var whole = SafetensorsWriter.Create(sources, cancellationToken: Token);
        var blob = DatasetStorage.ToBlob(data);
        Assert.Equal((whole.Sha256, whole.Length), (blob.Sha256, blob.Length));
        using var written = new MemoryStream();
        await blob.WriteToAsync(written, Token);
        using var read = blob.OpenRead();
        using var again = new MemoryStream();
        await read.CopyToAsync(again, Token);
        Assert.Equal(written.ToArray(), again.ToArray());
        foreach (var pin in pins) pin.Free();
    }

    [Fact]
    public async Task Read_data_set_from_store_has_the_samples_that_were_written()
    {
        using var data = Tokenize();
        var blob = DatasetStorage.ToBlob(data);
        await _store.PutAsync(blob, Token);
        using var read = await DatasetStorage.Read(_store, new BlobRef(blob.Sha256, blob.Length), TinyStories.Config.VocabSize, Token);
        Assert.Equal(data.Count, read.Count);
        for (var i = 0; i < data.Count; i++)
        {
            Assert.Equal(data.InputIds(i).ToArray(), read.InputIds(i).ToArray());
            Assert.Equal(data.LossMask(i).ToArray(), read.LossMask(i).ToArray());
        }

        Assert.Equal(data.Statistics.Tokens, read.Statistics.Tokens);
        await Assert.ThrowsAsync<DatasetException>(() => DatasetStorage.Read(_store, new BlobRef(blob.Sha256, blob.Length), 100, Token));
    }

    // The blob has weights in place of the mask, so that builds that would take no notice of them refuse it.
    [Fact]
    public async Task Read_weighted_data_set_from_store_has_the_weights_that_were_written()
    {
        await File.WriteAllLinesAsync(
            _folder["data.jsonl"], ["""{"prompt":"a","completion":" red fox"}""", """{"prompt":"a","completion":" red fox","weight":0.25}"""], Token);
        using var data = Tokenize();
        var blob = DatasetStorage.ToBlob(data);
        await _store.PutAsync(blob, Token);
        using var file = SafetensorsReader.FromBlob(await _store.ReadAsync(new BlobRef(blob.Sha256, blob.Length), Token), blob.Sha256);
        Assert.Equal(["ids", "offsets", "weights"], file.Tensors.Keys.Order());
        using var read = await DatasetStorage.Read(_store, new BlobRef(blob.Sha256, blob.Length), TinyStories.Config.VocabSize, Token);
        Assert.Equal([0, 0.25f, 1], read.Weights.ToArray().Distinct().Order());
        Assert.Equal(data.Weights.ToArray(), read.Weights.ToArray());
        Assert.Equal((data.Statistics.TrainedTokens, data.Statistics.Weights), (read.Statistics.TrainedTokens, read.Statistics.Weights));
        var again = DatasetStorage.ToBlob(read);
        Assert.Equal((blob.Sha256, blob.Length), (again.Sha256, again.Length));
        Assert.Null(await DataDifference.FindAsync(
            _store, new BlobRef(blob.Sha256, blob.Length), new BlobRef(again.Sha256, again.Length), TinyStories.Config.VocabSize, Token));
    }

    private TokenizedDataset Tokenize() => DatasetTokenizer.Tokenize(
        _folder["data.jsonl"], TokenizerLoader.Load(TinyStories.Model), new DatasetSettings(), 64, TinyStories.Config.VocabSize, null, Token);

    private async Task<(bool Tokenised, BlobRef Dataset, DatasetFigures Figures, long Steps)> Import(
        string run, string data = "data.jsonl", Func<DatasetSettings, DatasetSettings>? change = null, bool packing = false,
        string? model = null)
    {
        var spec = TinyStories.Spec(1) with { RunName = run, MaxSteps = null, Packing = packing };
        var request = TinyStories.Request(spec, model);
        request = request with { DataFile = _folder[data], Dataset = (change ?? (o => o))(request.Dataset) };
        var seen = new Seen();
        var outcome = await RunImporter.ImportAsync(_store, request, seen, Token);
        var head = await RunStore.ReadHeadAsync(_store, run, Token);
        var manifest = await RunStore.ReadManifestAsync(_store, head!.Manifest!, Token);
        return (seen.Tokenised, manifest.Dataset!, outcome.Data.Training, outcome.TotalSteps);
    }

    private sealed class Seen : IProgress<ImportProgress>
    {
        public bool Tokenised { get; private set; }

        public void Report(ImportProgress value) => Tokenised |= value.What.StartsWith("tokenising", StringComparison.Ordinal);
    }
}
