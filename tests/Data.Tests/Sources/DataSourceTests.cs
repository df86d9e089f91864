namespace LisaOrleans.Data.Tests;

public sealed class DataSourceTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_folder_reads_its_data_files_in_order_and_nothing_else()
    {
        Write("d/b.jsonl", "b");
        Write("d/a.jsonl", "a");
        Write("d/sub/c.json", "c");
        Write("d/.cache/x.jsonl", "x");
        File.WriteAllText(_folder["d/README.md"], "no data");
        File.WriteAllText(_folder["d/dataset_info.json"], "{}");
        Assert.Equal(["a", "b", "c"], Texts("d"));
        Assert.Equal(["a", "b"], Texts("d/*.jsonl"));
    }

    [Fact]
    public void Read_folder_of_splits_reads_the_one_asked_for()
    {
        Write("d/data/train-00000-of-00002.jsonl", "a");
        Write("d/data/train-00001-of-00002.jsonl", "b");
        Write("d/data/test.jsonl", "t");
        Assert.Equal(["a", "b"], Texts("d"));
        Assert.Equal(["t"], Texts("d", DataSplit.Evaluation));
        Assert.Equal(["t"], Texts("d", DataSplit.Of("test").Evaluation));
        var e = Assert.Throws<DatasetException>(() => Texts("d", DataSplit.Of("validation").Evaluation));
        Assert.Contains("has no files of split validation, only of test, train", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_folder_with_splits_of_other_names_reads_the_one_named_and_refuses_to_mix_them()
    {
        foreach (var name in (string[])["train_sft", "train_prefs", "test_sft", "test_prefs"])
            Write($"d/data/{name}-00000-of-00001.jsonl", name);
        var e = Assert.Throws<DatasetException>(() => Texts("d"));
        Assert.Equal(
            $"{_folder["d"]}: has no files of split train, only of test_prefs, test_sft, train_prefs, train_sft; "
                + $"name one of them: {_folder["d"]}#train_prefs",
            e.Message);
        e = Assert.Throws<DatasetException>(() => Texts("d", DataSplit.Of("test").Evaluation));
        Assert.EndsWith(
            $"name one of them as eval_data, without validation_split: {_folder["d"]}#test_prefs", e.Message, StringComparison.Ordinal);
        Assert.Equal(["train_prefs"], Texts("d#train_prefs"));
        var both = $"{_folder["d#train_sft"]},{_folder["d#train_prefs"]}:0.5";
        Assert.Equal([1, 0.5], DataSources.Files(both, DataSplit.Train).Select(s => s.Weight));
        Assert.Equal(["test_prefs"], Texts("d#test_prefs", DataSplit.Evaluation));
        e = Assert.Throws<DatasetException>(() => Texts("d#train"));
        Assert.EndsWith("has no split 'train'; it has test_prefs, test_sft, train_prefs, train_sft", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<DatasetException>(() => Texts("d#train_sft", DataSplit.Of("test").Evaluation));
        Assert.Contains("has no files of split test;", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("train_sft test_sft", "train_sft", "test_sft")]
    [InlineData("train train_extra test", "train", "test")]
    [InlineData("data/train data/random data/test_a data/val", "data/train", "data/val")]
    [InlineData("data/en", "data/en", "data/en")]
    [InlineData("en fr", "en fr", "en fr")]
    [InlineData("train/part test/part", "train/part", "test/part")]
    [InlineData("d-train d-test", "d-train", "d-test")]
    [InlineData("data/en data/fr", null, null)]
    [InlineData("train_a train_b valid_a valid_b test", null, null)]
    public void Read_shards_are_of_the_split_that_their_whole_name_is(string files, string? train, string? evaluation)
    {
        foreach (var file in files.Split(' ')) Write($"d/{file}-00000-of-00001.jsonl", file);
        Check(train, DataSplit.Train);
        Check(evaluation, DataSplit.Evaluation);

        void Check(string? expected, DataSplit split)
        {
            if (expected is null) Assert.Throws<DatasetException>(() => Texts("d", split));
            else Assert.Equal(expected.Split(' '), Texts("d", split));
        }
    }

    [Fact]
    public void Read_saved_folder_reads_the_files_that_its_state_names_and_no_caches()
    {
        foreach (var split in (string[])["train_sft", "train_prefs", "test"])
        {
            foreach (var file in (string[])["data-00000-of-00001.jsonl", "data-00001-of-00002.jsonl", "tmp.jsonl"])
                Write($"d/{split}/{file}", $"{split} {file}");
            WriteState($"d/{split}", "data-00000-of-00001.jsonl");
        }

        File.WriteAllText(_folder["d/dataset_dict.json"], """{"splits": ["train_sft", "train_prefs", "test"]}""");
        Assert.Equal(["train_sft data-00000-of-00001.jsonl"], Texts("d#train_sft"));
        Assert.Equal(["test data-00000-of-00001.jsonl"], Texts("d", DataSplit.Evaluation));
        var e = Assert.Throws<DatasetException>(() => Texts("d"));
        Assert.Contains("only of test, train_prefs, train_sft", e.Message, StringComparison.Ordinal);
        Assert.Equal(["train_sft data-00000-of-00001.jsonl"], Texts("d/train_sft"));

        WriteState("d/test", "data-00000-of-00002.jsonl");
        e = Assert.Throws<DatasetException>(() => Texts("d/test"));
        Assert.EndsWith("state.json: names data-00000-of-00002.jsonl, which is not there", e.Message, StringComparison.Ordinal);

        Write("e/a.arrow.jsonl", "a");
        Write("e/cache-0123456789abcdef.arrow", "a cache");
        Write("e/cache-0123456789abcdef_00001_of_00002.arrow", "a cache");
        File.WriteAllText(_folder["e/state.json"], """{"epoch": 1}""");
        Assert.Equal(["a"], Texts("e"));
    }

    [Fact]
    public void Notes_say_which_files_of_a_source_are_read()
    {
        Write("a.jsonl", "a");
        Write("one/a.jsonl", "a");
        for (var shard = 0; shard < 5; shard++) Write($"d/data/train-0000{shard}-of-00005.jsonl", "a");
        Write("d/test.jsonl", "t");
        string Notes(DataSplit split) =>
            string.Join('\n', DataSources.Notes($"{_folder["a.jsonl"]},{_folder["one"]},{_folder["d"]}:2", split)).Replace('\\', '/');
        Assert.Equal(
            "source 3 is read in part: split train, not test: data/train-00000-of-00005.jsonl, data/train-00001-of-00005.jsonl, "
                + "data/train-00002-of-00005.jsonl and 2 more",
            Notes(DataSplit.Train));
        Assert.Equal("source 3 is read in part: split test, not train: test.jsonl", Notes(DataSplit.Evaluation));
    }

    [Theory]
    [InlineData("all.jsonl")]
    [InlineData("validation.jsonl")]
    [InlineData("d")]
    [InlineData("d/*.jsonl")]
    public void Read_split_that_the_data_do_not_name_is_refused_rather_than_all_of_them_scored(string source)
    {
        Write("all.jsonl", "a");
        Write("validation.jsonl", "v");
        Write("d/a.jsonl", "a");
        var (train, evaluation) = DataSplit.Of("validation");
        Assert.Single(Texts(source, train));
        var e = Assert.Throws<DatasetException>(() => Texts(source, evaluation));
        Assert.Equal(
            $"{_folder[source]}: has no files of split validation; give validation_split a share such as 0.1, or name a folder with such files",
            e.Message);

        // What is given apart, to be scored only, is scored as a whole.
        Assert.Single(Texts(source, DataSplit.Evaluation));
    }

    [Fact]
    public void Read_sources_follow_one_another_with_formats_of_their_own()
    {
        Write("a.jsonl", "a");
        File.WriteAllText(_folder["b.csv"], "prompt,completion\np,c\n");
        var examples = DatasetReader.Read($"{_folder["a.jsonl"]},{_folder["b.csv"]}", new DatasetSettings()).ToArray();
        Assert.Equal("a", examples[0].Text);
        Assert.Equal(["user: p", "assistant: c"], Dataset.Turns(examples[1]));
    }

    [Fact]
    public void Tokenize_weight_says_how_often_records_are_used()
    {
        Write("a.jsonl", [.. Enumerable.Range(0, 400).Select(i => $"a{i}")]);
        Write("b.jsonl", "b");
        Assert.Equal(402, Count($"{_folder["a.jsonl"]},{_folder["b.jsonl"]}:2"));
        Assert.Equal(801, Count($"{_folder["a.jsonl"]}:2,{_folder["b.jsonl"]}"));
        var half = Count($"{_folder["a.jsonl"]}:0.5");

        // Binomial with n 400, p 1/2: ten standard deviations are 100.
        Assert.InRange(half, 100, 300);
        Assert.Equal(half, Count($"{_folder["a.jsonl"]}:0.5"));
    }

    [Fact]
    public void Records_share_held_out_and_the_rest_are_all_of_them()
    {
        Write("a.jsonl", [.. Enumerable.Range(0, 1000).Select(i => $"a{i}")]);
        var (train, evaluation) = DataSplit.Of("0.2");
        var (kept, held) = (Texts("a.jsonl", train), Texts("a.jsonl", evaluation));
        Assert.InRange(held.Length, 100, 300);
        Assert.Equal(Texts("a.jsonl").Order(), kept.Concat(held).Order());
    }

    [Theory]
    [InlineData("no.jsonl", "no such file")]
    [InlineData("no*.jsonl", "no file matches")]
    [InlineData("empty", "the folder holds no data files")]
    [InlineData("a.jsonl:0", "what follows a colon is a weight above 0")]
    [InlineData("a.jsonl:x", "what follows a colon is a weight above 0")]
    public void Read_source_that_is_not_there_is_named(string source, string problem)
    {
        Write("a.jsonl", "a");
        Directory.CreateDirectory(_folder["empty"]);
        var e = Assert.Throws<DatasetException>(() => Texts(source));
        Assert.StartsWith(_folder[source.Split(':')[0]], e.Message, StringComparison.Ordinal);
        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1")]
    [InlineData("half")]
    public void Parse_validation_split_that_is_neither_share_nor_name_is_refused(string text) =>
        Assert.Contains("between 0 and 1", Assert.Throws<DatasetException>(() => DataSplit.Of(text)).Message, StringComparison.Ordinal);

    // As of datasets 3.
    private void WriteState(string folder, string file) => File.WriteAllText(
        _folder[$"{folder}/state.json"],
        $$"""{"_data_files": [{"filename": "{{file}}"}], "_fingerprint": "0123456789abcdef", "_format_columns": null, "_split": null}""");

    private void Write(string file, params string[] texts)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[file])!);
        File.WriteAllLines(_folder[file], texts.Select(t => $"{{\"text\":\"{t}\"}}"));
    }

    private string[] Texts(string source, DataSplit? split = null)
    {
        var settings = new DatasetSettings();
        return [.. DatasetReader.Records(_folder[source], split ?? DataSplit.Train, settings)
            .Select(r => DatasetReader.Parse(r, settings, new FieldPolicy(settings)).Text!)];
    }

    private static int Count(string sources) =>
        DatasetTokenizer.Tokenize(sources, SampleTokenizer.Load(), new DatasetSettings(), 1024, 512, null, CancellationToken.None).Count;
}
