namespace LisaOrleans.Data.Tests;

public sealed class HubConfigTests : IDisposable
{
    private const string Gsm8k = """
        ---
        license: mit
        dataset_info:
        - config_name: main
          features:
          - name: question
            dtype: string
        configs:
        - config_name: main
          data_files:
          - split: train
            path: main/train-*
          - split: test
            path: main/test-*
        - config_name: socratic
          data_files:
          - split: train
            path: socratic/train-*
          - split: test
            path: socratic/test-*
        ---

        # Grade School Math
        """;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_several_configurations_without_a_default_are_refused_and_one_can_be_named()
    {
        Write(Gsm8k, "main/train", "main/test", "socratic/train", "socratic/test");
        var e = Assert.Throws<DatasetException>(() => Texts());
        Assert.Equal(
            $"{_folder["d"]}: its README.md declares configurations main, socratic, and not one default; "
                + $"name one of them: {_folder["d"]}#main",
            e.Message);
        Assert.Equal(["socratic/train"], Texts("#socratic"));
        Assert.Equal(["main/test"], Texts("#main", DataSplit.Evaluation));
        Assert.Equal(["main/test"], Texts("#main/test"));
        Assert.Equal(["main/train"], Texts("/main"));
        Assert.Equal("has no configuration 'test'; its README.md declares main, socratic", Refusal("#test"));
        Assert.Equal("has no configuration 'no'; its README.md declares main, socratic", Refusal("#no/train"));
        Assert.Equal("has no split 'validation'; it has test, train", Refusal("#main/validation"));
        Assert.Equal(
            "source 1 is read in part: configuration main, not socratic; split train, not test: main/train-00000-of-00001.jsonl",
            Assert.Single(DataSources.Notes(_folder["d#main"], DataSplit.Train)).Replace('\\', '/'));
    }

    [Theory]
    [InlineData("- config_name: a\n  data_files: a.jsonl\n- config_name: b\n  default: true\n  data_files: b/*", "b/x b/y")]
    [InlineData("- config_name: a\n  data_files: a*\n- config_name: default\n  data_files:\n  - ./b/y.jsonl\n  - b/x.jsonl", "b/y b/x")]
    [InlineData("- config_name: one\n  data_files:\n  - split: train\n    path: [b/*, a.jsonl, b/x.jsonl]", "b/x b/y a")]
    [InlineData("- config_name: one\n  data_files:\n  - split: train_sft\n    path: a*\n  - split: heldout\n    path: b/[x-y].jsonl", "a")]
    [InlineData("- config_name: one\n  data_files: '**/?.jsonl'", "a b/x b/y")]
    [InlineData("- config_name: one\n  data_files: 'b/[!y].jsonl'", "b/x")]
    [InlineData("- config_name: one\n  data_dir: b", "b/x b/y")]
    [InlineData("[]", "a b/x b/y")]
    public void Read_configuration_is_of_the_files_that_it_declares(string configs, string expected)
    {
        Write($"---\nconfigs: {(configs == "[]" ? "" : "\n")}{configs}\nlicense: mit\n---\n# D\n");
        foreach (var name in (string[])["a", "b/x", "b/y"]) WriteFile($"d/{name}.jsonl", name);
        Assert.Equal(expected.Split(' '), Texts());
    }

    [Fact]
    public void Read_configuration_without_files_of_its_own_goes_by_their_names()
    {
        const string Card = "---\nconfigs:\n- config_name: one\n  data_dir: one\n- config_name: two\n  data_dir: two/\n---\n";
        Write(Card, "one/train", "one/test", "two/en");
        Assert.Equal(["one/train"], Texts("#one"));
        Assert.Equal(["one/test"], Texts("#one", DataSplit.Of("test").Evaluation));
        Assert.Equal(["two/en"], Texts("#two"));
    }

    [Theory]
    [InlineData("- config_name: a\n  data_files: b*", "README.md names b* for split train, and no data file matches; fetch such files, ")]
    [InlineData("- config_name: a\n  data_files: [a.jsonl, ../a.jsonl]", "README.md names ../a.jsonl for split train, and no ")]
    [InlineData("- config_name: a\n  data_files: {train: a.jsonl}", "data_files of configuration 'a' must be a path, a list of")]
    [InlineData("- config_name: a\n  data_files: [{split: train}]", "data_files of configuration 'a' must be a path, a list of")]
    [InlineData("- data_files: a.jsonl", "each of 'configs' must have a config_name")]
    [InlineData("  a", "'configs' must be a list")]
    [InlineData("- config_name: [", "README.md: line ")]
    [InlineData("- config_name: a\n  data_files: '[z-a]'", "README.md: '[z-a]' is no pattern of files")]
    [InlineData("- &a\n  config_name: a\n- *a", "README.md: line 5: aliases are not read")]
    [InlineData("- config_name: a\n  default: true\n- config_name: default\n  data_files: a", "configurations a, default, and not one")]
    public void Read_declaration_that_cannot_be_followed_is_refused(string configs, string problem)
    {
        Write($"---\nconfigs:\n{configs}\n---\n");
        WriteFile("d/a.jsonl", "a");
        Assert.Contains(problem, Assert.Throws<DatasetException>(() => Texts()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("---\n: - broken [\n---\n")]
    [InlineData("---\n: - broken [\nconfigs:\n\n# None\n- config_name: a\n  data_files: a.jsonl\n: - broken [\n---\n")]
    [InlineData("# D\n\n---\nconfigs:\n- config_name: a\n  data_files: b\n---\n")]
    public void Read_card_that_declares_no_configurations_says_nothing(string card)
    {
        Write(card);
        WriteFile("d/a.jsonl", "a");
        Assert.Equal(["a"], Texts());
    }

    [Fact]
    public void Read_card_that_is_nested_without_end_is_refused()
    {
        Write($"---\nconfigs: {new string('[', 100_000)}\n---\n");
        WriteFile("d/a.jsonl", "a");
        Assert.EndsWith(
            "README.md: line 2: is nested too deep; mend it, or name the files to be read",
            Assert.Throws<DatasetException>(() => Texts()).Message, StringComparison.Ordinal);
    }

    private string Refusal(string part) =>
        Assert.Throws<DatasetException>(() => Texts(part)).Message[(_folder["d"].Length + 2)..];

    private void Write(string card, params string[] shards)
    {
        foreach (var shard in shards) WriteFile($"d/{shard}-00000-of-00001.jsonl", shard);
        Directory.CreateDirectory(_folder["d"]);
        File.WriteAllText(_folder["d/README.md"], card);
    }

    private void WriteFile(string file, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[file])!);
        File.WriteAllText(_folder[file], $"{{\"text\":\"{text}\"}}\n");
    }

    private string[] Texts(string part = "", DataSplit? split = null)
    {
        var settings = new DatasetSettings();
        return [.. DatasetReader.Records(_folder["d"] + part, split ?? DataSplit.Train, settings)
            .Select(r => DatasetReader.Parse(r, settings, new FieldPolicy(settings)).Text!)];
    }
}
