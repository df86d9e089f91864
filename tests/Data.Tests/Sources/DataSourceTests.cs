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
