using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;
using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>A run made in the cluster from files in the store is the run that an import on this machine makes.</summary>
public sealed class RunImportGrainTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private FolderBlobStore _store = null!;
    private EmbeddedSilo _silo = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _store = new FolderBlobStore(_folder["store"]);
        _silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Store = _store }, Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Import_in_the_cluster_equals_a_local_import()
    {
        var submission = await SubmissionAsync(TinyStories.Spec(7));
        var submitted = await ImportAsync(submission);
        Assert.False(submitted.Resumed);
        Assert.Equal(7, submitted.TotalSteps);
        using var here = await TestRun.ImportAsync(TinyStories.Spec(7));
        Assert.Equal(await ManifestAsync(here.Store), await ManifestAsync(_store));

        Assert.True((await ImportAsync(submission)).Resumed);
        var error = await Assert.ThrowsAsync<RunExistsException>(
            () => ImportAsync(submission with { Spec = submission.Spec with { LearningRate = 0.5 } }));
        Assert.Contains("learning_rate", Assert.Single(error.Differences), StringComparison.Ordinal);
        Assert.False((await ImportAsync(submission with { Spec = submission.Spec with { LearningRate = 0.5 }, Overwrite = true })).Resumed);
    }

    [Fact]
    public async Task Import_chooses_open_settings_by_model_and_cluster()
    {
        var submission = await SubmissionAsync(TinyStories.Spec(1) with { BlockSize = 0, Dtype = "auto", Threads = 0 });
        var spec = (await ImportAsync(submission)).Spec;
        Assert.Equal(Math.Min(TinyStories.Config.MaxSequenceLength, 1024), spec.BlockSize);
        Assert.Equal(TinyStories.Config.TorchDtype ?? "float32", spec.Dtype);
        Assert.True(spec.Threads > 0);
    }

    [Fact]
    public async Task Import_wrong_setting_is_refused_by_name()
    {
        var submission = await SubmissionAsync(TinyStories.Spec(7));
        var error = await Assert.ThrowsAsync<InvalidTrainingSettingException>(
            () => ImportAsync(submission with { Spec = submission.Spec with { LearningRate = -1 } }));
        Assert.Equal("learning_rate", error.Setting);
        error = await Assert.ThrowsAsync<InvalidTrainingSettingException>(
            () => ImportAsync(submission with { Dataset = submission.Dataset with { Template = "none" } }));
        Assert.Equal("template", error.Setting);
        error = await Assert.ThrowsAsync<InvalidTrainingSettingException>(
            () => ImportAsync(submission with { Spec = submission.Spec with { RunName = "../x" } }));
        Assert.Equal("run_name", error.Setting);
    }

    // The client library leaves these to the cluster; the other doors ask the same rule before.
    [Fact]
    public async Task Import_setting_that_does_not_go_with_the_data_is_refused_by_name()
    {
        var submission = await SubmissionAsync(TinyStories.Spec(7));
        (string Setting, RunSubmission Submission)[] wrong =
        [
            ("eval_steps", submission with { Spec = submission.Spec with { EvalSteps = 2 } }),
            ("load_best_model_at_end", submission with { Spec = submission.Spec with { LoadBestModelAtEnd = true } }),
            ("validation_split", submission with { EvalData = submission.Data, Dataset = new DatasetSettings { ValidationSplit = "0.5" } }),
            ("data_format", submission with
            {
                Spec = submission.Spec with { Objective = TrainingObjectives.Dpo },
                Dataset = new DatasetSettings { Format = "text" },
            }),
        ];
        foreach (var (setting, refused) in wrong)
            Assert.Equal(setting, (await Assert.ThrowsAsync<InvalidTrainingSettingException>(() => ImportAsync(refused))).Setting);
    }

    [Theory]
    [InlineData("../config.json")]
    [InlineData("/etc/passwd")]
    [InlineData("a/b.safetensors")]
    [InlineData("..\\x.safetensors")]
    [InlineData(".hidden.safetensors")]
    [InlineData("script.py")]
    [InlineData("")]
    public async Task Import_name_of_no_model_file_is_refused(string name)
    {
        var submission = await SubmissionAsync(TinyStories.Spec(7));
        var error = await Assert.ThrowsAsync<InvalidTrainingInputException>(
            () => ImportAsync(submission with { Model = [.. submission.Model, submission.Model[0] with { Name = name }] }));
        Assert.Contains($"'{name}'", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidTrainingInputException>(
            () => ImportAsync(submission with { Data = [OneFile(submission.Data[0].Files[0] with { Name = "../" + name })] }));
        Assert.Null(await RunStore.ReadHeadAsync(_store, "test", Token));
    }

    [Fact]
    public async Task Import_damaged_input_is_named_without_the_paths_of_the_silo()
    {
        var submission = await SubmissionAsync(TinyStories.Spec(7));
        var broken = await PutAsync("data.jsonl", "{\"prompt\": 1"u8.ToArray());
        var error = await Assert.ThrowsAsync<InvalidTrainingInputException>(() => ImportAsync(submission with { Data = [OneFile(broken)] }));
        Assert.StartsWith("data/data.jsonl", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Path.GetTempPath(), error.Message, StringComparison.Ordinal);

        error = await Assert.ThrowsAsync<InvalidTrainingInputException>(
            () => ImportAsync(submission with { Model = [.. submission.Model.Where(f => f.Name != "config.json")] }));
        Assert.Contains("config.json", error.Message, StringComparison.Ordinal);

        error = await Assert.ThrowsAsync<InvalidTrainingInputException>(
            () => ImportAsync(submission with { Data = [OneFile(new NamedBlob("data.jsonl", new BlobRef(new string('0', 64), 5)))] }));
        Assert.Contains("missing", error.Message, StringComparison.Ordinal);

        DamagedBlobs.Damage(_folder["store"], submission.Data[0].Files[0].Blob.Sha256);
        error = await Assert.ThrowsAsync<InvalidTrainingInputException>(() => ImportAsync(submission));
        Assert.Contains($"{submission.Data[0].Files[0].Blob.Sha256} is damaged", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_several_sources_make_the_data_that_they_make_here()
    {
        var lines = await File.ReadAllLinesAsync(TinyStories.Data, Token);
        var files = new Dictionary<string, byte[]>
        {
            ["one.jsonl"] = Bytes(lines[..2]),
            ["d/train/a.jsonl"] = Bytes(lines[2..4]),
            ["d/test.jsonl"] = Bytes(lines[4..6]),
            ["p/x.txt"] = Bytes(lines[6..7]),
        };
        foreach (var (name, content) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder["here/" + name])!);
            await File.WriteAllBytesAsync(_folder["here/" + name], content, Token);
        }

        var splits = await SourceAsync(DataSourceKind.Folder, 1, ("train/a.jsonl", "d/train/a.jsonl"), ("test.jsonl", "d/test.jsonl"));
        var submission = await SubmissionAsync(TinyStories.Spec(7)) with
        {
            Data =
            [
                await SourceAsync(DataSourceKind.File, 2, ("one.jsonl", "one.jsonl")), splits,
                await SourceAsync(DataSourceKind.Pattern, 1, ("x.txt", "p/x.txt")),
            ],
            EvalData = [splits with { Part = "test" }],
        };
        await ImportAsync(submission);
        var store = new FolderBlobStore(_folder["other"]);
        await RunImporter.ImportAsync(
            store,
            new RunRequest
            {
                ModelFolder = TinyStories.Model,
                DataFile = $"{_folder["here/one.jsonl"]}:2,{_folder["here/d"]},{_folder["here/p/*.txt"]}",
                EvalDataFile = _folder["here/d#test"],
                Spec = TinyStories.Spec(7),
            },
            null, Token);
        Assert.Equal(await ManifestAsync(store), await ManifestAsync(_store));

        var outside = submission.Data[1] with { Files = [submission.Data[1].Files[0] with { Name = "../a.jsonl" }] };
        await Assert.ThrowsAsync<InvalidTrainingInputException>(() => ImportAsync(submission with { Data = [outside] }));
        await Assert.ThrowsAsync<InvalidTrainingInputException>(() => ImportAsync(submission with { Data = [] }));
        foreach (var part in (string[])["", "test/../../0/one.jsonl", "train,/etc/passwd", "train:2"])
        {
            var elsewhere = submission.Data[1] with { Part = part };
            await Assert.ThrowsAsync<InvalidTrainingInputException>(() => ImportAsync(submission with { Data = [elsewhere] }));
        }

        async Task<SubmittedSource> SourceAsync(DataSourceKind kind, double weight, params (string Name, string File)[] named) => new()
        {
            Kind = kind,
            Weight = weight,
            Files = await Task.WhenAll(named.Select(n => PutAsync(n.Name, files[n.File]))),
        };

        static byte[] Bytes(string[] lines) => System.Text.Encoding.UTF8.GetBytes(string.Join('\n', lines));
    }

    [Fact]
    public async Task Import_adapter_to_begin_with_makes_the_run_that_it_makes_here()
    {
        using var before = await TestRun.TrainAsync(TinyStories.LoraSpec(2) with { LoraR = 4, RunName = "before" });
        var folder = await before.ExportAsync();
        var submission = await SubmissionAsync(TinyStories.LoraSpec(7)) with
        {
            BaseModel = TinyStories.Model,
            Adapter =
            [
                .. await Task.WhenAll(Directory.GetFiles(folder).Order().Select(
                    async f => await PutAsync(Path.GetFileName(f), await File.ReadAllBytesAsync(f, Token)))),
            ],
        };
        Assert.Equal(4, (await ImportAsync(submission)).Spec.LoraR);
        using var here = await TestRun.ImportAsync(TinyStories.Request(TinyStories.LoraSpec(7)) with { AdapterFolder = folder });
        Assert.Equal(await ManifestAsync(here.Store), await ManifestAsync(_store));

        var wrong = submission.Adapter[0] with { Name = "config.json" };
        var error = await Assert.ThrowsAsync<InvalidTrainingInputException>(() => ImportAsync(submission with { Adapter = [wrong] }));
        Assert.Contains("adapter: 'config.json'", error.Message, StringComparison.Ordinal);
    }

    private static SubmittedSource OneFile(NamedBlob file) => new() { Files = [file] };

    private Task<SubmittedRun> ImportAsync(RunSubmission submission) =>
        _silo.Grains.GetGrain<IRunImportGrain>(submission.Spec.RunName).Import(submission, Token);

    private async Task<RunSubmission> SubmissionAsync(TrainingSpec spec) => new()
    {
        Spec = spec,
        Dataset = new DatasetSettings(),
        Model = [
            .. await Task.WhenAll(
                Directory.GetFiles(TinyStories.Model).Select(
                    async f => await PutAsync(Path.GetFileName(f), await File.ReadAllBytesAsync(f, Token))))],
        Data = [OneFile(await PutAsync("data.jsonl", await File.ReadAllBytesAsync(TinyStories.Data, Token)))],
    };

    private async Task<NamedBlob> PutAsync(string name, byte[] content)
    {
        var blob = new BytesBlob(content);
        await _store.PutAsync(blob, Token);
        return new NamedBlob(name, new BlobRef(blob.Sha256, blob.Length));
    }

    // Everything that decides the result, as one text.
    private static async Task<string> ManifestAsync(IBlobStore store)
    {
        var head = await RunStore.ReadHeadAsync(store, "test", Token);
        var manifest = await RunStore.ReadManifestAsync(store, head!.Manifest!, Token);
        return string.Join(' ', manifest.References().Select(r => r.Sha256));
    }
}
