using System.Globalization;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Client.Tests;

/// <summary>Files become blobs of their bytes; what is there already is not sent again.</summary>
public sealed class UploadTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FolderBlobStore _store;
    private readonly List<UploadProgress> _progress = [];

    public UploadTests() => _store = new FolderBlobStore(_folder["store"]);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Submit_uploads_only_the_files_that_the_cluster_reads()
    {
        var request = Request();
        File.WriteAllText(_folder["model/pytorch_model.bin"], "pickled");
        File.WriteAllText(_folder["model/consolidated.safetensors"], "twice");
        var submission = await UploadAsync(request);
        Assert.Equal(["config.json", "model.safetensors", "tokenizer.model"], submission.Model.Select(f => f.Name).Order());
        var data = Assert.Single(Assert.Single(submission.Data).Files);
        Assert.Equal(("data.jsonl", "data.jsonl", "model"), (data.Name, submission.DataName, submission.ModelName));
        Assert.Null(submission.EvalData);
        foreach (var file in submission.Model.Append(data))
        {
            using var content = await _store.ReadAsync(new BlobRef(file.Blob.Sha256, file.Blob.Length), Token);
            var path = file == data ? request.DataFile : Path.Combine(request.ModelFolder, file.Name);
            Assert.Equal(await File.ReadAllBytesAsync(path, Token), content.ToArray());
        }

        Assert.Equal(_progress[^1].Total, _progress[^1].Done);
        Assert.Equal(_progress.Select(p => p.Done).Order(), _progress.Select(p => p.Done));
    }

    [Fact]
    public async Task UploadAsync_templates_and_tokenizers_of_every_kind_are_uploaded()
    {
        var request = Request();
        Directory.CreateDirectory(_folder["model/additional_chat_templates"]);
        string[] more =
        [
            "additional_chat_templates/tool_use.jinja", "chat_template.jinja", "chat_template.json", "qwen.tiktoken", "tekken.json", "tiktoken.model",
        ];
        foreach (var name in more.Append("additional_chat_templates/.hidden")) File.WriteAllText(_folder[$"model/{name}"], name);
        var submission = await UploadAsync(request);
        Assert.Equal(more, submission.Model.Select(f => f.Name).Intersect(more).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(submission.Model, f => f.Name.Contains("hidden", StringComparison.Ordinal));
    }

    [Fact]
    public async Task UploadAsync_sources_of_data_keep_what_they_are()
    {
        string[] names =
        [
            "d/b/test.jsonl", "d/train.csv", "d/README.md", "d/dataset_dict.json", "d/b/cache-1.arrow", "d/.cache/x.jsonl",
            "p/1.txt", "p/2.txt", "p/2.md",
        ];
        foreach (var name in names)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder[name])!);
            File.WriteAllText(_folder[name], name);
        }

        var request = Request() with
        {
            DataFile = $"{_folder["data.jsonl"]}:0.5,{_folder["d"]}#test,{_folder["p/*.txt"]}:2",
            EvalDataFile = _folder["p/2.md"],
        };
        var submission = await UploadAsync(request);
        Assert.Equal(
            ["File 0.5 data.jsonl", "Folder 1 test b/test.jsonl train.csv README.md dataset_dict.json", "Pattern 2 1.txt 2.txt"],
            submission.Data.Select(s => string.Create(
                CultureInfo.InvariantCulture,
                $"{s.Kind} {s.Weight}{(s.Part is { } part ? $" {part}" : "")} {string.Join(' ', s.Files.Select(f => f.Name))}")));
        Assert.Equal("2.md", Assert.Single(Assert.Single(submission.EvalData!).Files).Name);
        Assert.Equal(("data.jsonl:0.5, d#test, *.txt:2", "2.md"), (submission.DataName, submission.EvalDataName));
        Assert.Equal(_progress[^1].Total, _progress[^1].Done);
    }

    [Fact]
    public async Task UploadAsync_shards_are_those_that_the_index_names_unless_one_file_has_all()
    {
        var request = Request();
        File.Move(_folder["model/model.safetensors"], _folder["model/model-00001-of-00001.safetensors"]);
        File.WriteAllText(_folder["model/model.safetensors.index.json"], """{"weight_map": {"a": "model-00001-of-00001.safetensors"}}""");
        var submission = await UploadAsync(request);
        Assert.Contains(submission.Model, f => f.Name == "model-00001-of-00001.safetensors");
        Assert.Contains(submission.Model, f => f.Name == "model.safetensors.index.json");

        File.WriteAllText(_folder["model/model.safetensors"], "all of them");
        submission = await UploadAsync(request);
        Assert.Equal(["config.json", "model.safetensors", "tokenizer.model"], submission.Model.Select(f => f.Name).Order());

        File.WriteAllText(_folder["model/model.safetensors.index.json"], """{"weight_map": {"a": "../secret.safetensors"}}""");
        await Assert.ThrowsAsync<InvalidTrainingInputException>(() => UploadAsync(request));
        File.WriteAllText(_folder["model/model.safetensors.index.json"], """{"weight_map": """);
        await Assert.ThrowsAsync<InvalidTrainingInputException>(() => UploadAsync(request));
    }

    [Fact]
    public async Task Submit_skips_what_the_store_has()
    {
        var request = Request();
        await UploadAsync(request);
        Assert.True(_progress.Count > 2 * 4, "the first time bytes are read to be sent");
        _progress.Clear();
        await UploadAsync(request);

        // Only the beginning and the end of each file are reported.
        Assert.Equal(2 * 4, _progress.Count);
        Assert.Equal(_progress[^1].Total, _progress[^1].Done);
    }

    [Fact]
    public async Task PutAsync_file_that_changes_meanwhile_is_not_stored_under_a_wrong_name()
    {
        File.WriteAllText(_folder["f"], "before");
        var blob = await FileBlob.OpenAsync(_folder["f"], null, Token);
        File.WriteAllText(_folder["f"], "after, and longer");
        await Assert.ThrowsAsync<InvalidDataFileException>(() => _store.PutAsync(blob, Token));
        Assert.Empty(await _store.ListAsync(Token).ToListAsync(Token));
    }

    [Fact]
    public async Task UploadAsync_rule_of_steps_that_are_not_saved_is_refused_before_anything_is_uploaded()
    {
        var request = Request();
        request = request with { Spec = request.Spec with { KeepManifests = "every:75", SaveSteps = 50 } };
        var error = await Assert.ThrowsAsync<InvalidTrainingSettingException>(() => UploadAsync(request));
        Assert.Equal("keep_manifests has every:75, which must be a multiple of save_steps, but that is 50", error.Message);
        Assert.Empty(await _store.ListAsync(Token).ToListAsync(Token));

        // The cluster tells whether a run that is there goes on with its rule.
        var blob = new BytesBlob([1]);
        await _store.PutAsync(blob, Token);
        var reference = new BlobRef(blob.Sha256, blob.Length);
        var parts = new Dictionary<string, PartState> { ["embedding"] = new() { Weights = reference } };
        var manifest = new Manifest
        {
            Run = "r",
            Generation = 1,
            Step = 0,
            Spec = reference,
            Parts = parts,
            Files = new Dictionary<string, BlobRef>(),
            Log = [],
        };
        Assert.True(await RunStore.TryCreateAsync(_store, manifest, Token));
        await UploadAsync(request);
        await Assert.ThrowsAsync<InvalidTrainingSettingException>(() => UploadAsync(request with { Overwrite = true }));
    }

    [Fact]
    public async Task UploadAsync_missing_files_are_named()
    {
        var request = Request();
        var error = await Assert.ThrowsAsync<InvalidTrainingInputException>(() => UploadAsync(request with { DataFile = _folder["none.jsonl"] }));
        Assert.Contains("none.jsonl", error.Message, StringComparison.Ordinal);
        error = await Assert.ThrowsAsync<InvalidTrainingInputException>(() => UploadAsync(request with { ModelFolder = _folder["none"] }));
        Assert.Contains(_folder["none"], error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UploadAsync_adapter_to_begin_with_is_uploaded_and_a_missing_file_named()
    {
        var request = Request() with { AdapterFolder = _folder["adapter"], Given = ["lora_dropout"] };
        Directory.CreateDirectory(_folder["adapter"]);
        File.WriteAllText(_folder["adapter/adapter_config.json"], "{}");
        var error = await Assert.ThrowsAsync<InvalidTrainingInputException>(() => UploadAsync(request));
        Assert.Contains("adapter_model.safetensors", error.Message, StringComparison.Ordinal);
        File.WriteAllText(_folder["adapter/adapter_model.safetensors"], "weights");
        foreach (var name in (string[])["README.md", "config.json", "chat_template.jinja"]) File.WriteAllText(_folder[$"adapter/{name}"], "words");
        var submission = await UploadAsync(request);
        Assert.Equal(["adapter_config.json", "adapter_model.safetensors", "chat_template.jinja"], submission.Adapter!.Select(f => f.Name));
        Assert.Equal(_folder["model"], submission.BaseModel);
        Assert.Equal(["lora_dropout"], submission.Given);
    }

    private Task<RunSubmission> UploadAsync(RunRequest request) => new ModelUpload(_store, new Collector(_progress)).UploadAsync(request, Token);

    private RunRequest Request()
    {
        Directory.CreateDirectory(_folder["model"]);
        File.WriteAllText(_folder["model/config.json"], "{}");
        File.WriteAllText(_folder["model/tokenizer.model"], "t");
        File.WriteAllBytes(_folder["model/model.safetensors"], [.. Enumerable.Range(0, 3_000_000).Select(i => (byte)i)]);
        File.WriteAllText(_folder["data.jsonl"], "{}\n");
        return new RunRequest
        {
            ModelFolder = _folder["model"],
            DataFile = _folder["data.jsonl"],
            Spec = new TrainingSpec { RunName = "r", BlockSize = 0, Dtype = "auto", Threads = 0 },
        };
    }

    private sealed class Collector(List<UploadProgress> all) : IProgress<UploadProgress>
    {
        public void Report(UploadProgress value) => all.Add(value);
    }
}
