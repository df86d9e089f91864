using System.Text;

namespace LisaOrleans.Data.Tests;

public sealed class ObjectiveFormatTests
{
    [Theory]
    [InlineData("""{"prompt":"p","chosen":"good","rejected":"bad"}""")]
    [InlineData(
        """{"prompt":[{"role":"user","content":"p"}],"chosen":[{"role":"assistant","content":"good"}],"""
            + """ "rejected":[{"role":"assistant","content":"bad"}]}""")]
    [InlineData(
        """{"chosen":[{"role":"user","content":"p"},{"role":"assistant","content":"good"}],"rejected":[{"role":"user","content":"p"},"""
            + """{"role":"assistant","content":"bad"}]}""")]
    [InlineData(
        """{"prompt":"p","prompt_id":"1","chosen":[{"role":"user","content":"p"},{"role":"assistant","content":"good"}],"""
            + """ "rejected":[{"role":"user","content":"p"},{"role":"assistant","content":"bad"}],"""
            + """ "score_chosen":8.5,"score_rejected":2,"messages":[]}""")]
    [InlineData(
        """{"input":{"messages":[{"role":"user","content":"p"}]},"preferred_output":[{"role":"assistant","content":"good"}],"""
            + """ "non_preferred_output":[{"role":"assistant","content":"bad"}]}""")]
    public void ReadPairs_layouts_of_trl_and_openai_are_one(string record)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["d"], record);
        var pair = Assert.Single(DatasetReader.ReadPairs(folder["d"], new DatasetSettings()));
        Assert.Equal(["user: p", "assistant: good"], Dataset.Turns(pair.Chosen));
        Assert.Equal(["user: p", "assistant: bad"], Dataset.Turns(pair.Rejected));

        var refused = Dataset.Error(Encoding.UTF8.GetBytes(record));
        Assert.Contains("is one of a pair of answers, of which supervised training would learn only one", refused, StringComparison.Ordinal);
        Assert.EndsWith("--data-format chosen", refused, StringComparison.Ordinal);
        Assert.Equal(["user: p", "assistant: good"], Dataset.Turns(Assert.Single(Dataset.Read(record, new DatasetSettings { Format = "chosen" }))));
    }

    private const string System = """{"role":"system","content":"s"}""";
    private const string Early = """{"role":"user","content":"q"},{"role":"assistant","content":"a"}""";
    private const string Asked = """{"role":"user","content":"p"}""";

    [Theory]
    [InlineData($"[{System},{Early},{Asked}]", $"{System},{Early},{Asked},")]
    [InlineData($"[{System},{Early},{Asked}]", $"{Early},{Asked},")]
    [InlineData($"[{System},{Early},{Asked}]", $"{Asked},")]
    [InlineData($"[{System},{Early},{Asked}]", "")]
    [InlineData($"[{System},{Early}]", $"{Asked},")]
    [InlineData("\"p\"", $"{System},{Early},{Asked},")]
    [InlineData($"[{Early},{Asked}]", $"{System},{Early},{Asked},")]
    public void ReadPairs_prompt_that_answers_repeat_in_part_is_there_once_and_whole(string prompt, string repeated)
    {
        var pair = Pair(prompt, repeated);
        Assert.Equal(["system: s", "user: q", "assistant: a", "user: p", "assistant: good"], Dataset.Turns(pair.Chosen));
        Assert.Equal(["system: s", "user: q", "assistant: a", "user: p", "assistant: bad"], Dataset.Turns(pair.Rejected));
    }

    [Fact]
    public void ReadPairs_prompt_of_the_assistant_alone_goes_before_the_answers() => Assert.Equal(
        ["assistant: g", "user: p", "assistant: good"],
        Dataset.Turns(Pair("""[{"role":"assistant","content":"g"}]""", $"{Asked},").Chosen));

    [Fact]
    public void ReadPairs_answer_that_says_the_prompts_words_again_later_has_the_prompt_before_it() => Assert.Equal(
        ["user: p", "assistant: a", "user: p", "assistant: good"],
        Dataset.Turns(Pair($"[{Asked}]", $$"""{"role":"assistant","content":"a"},{{Asked}},""").Chosen));

    [Theory]
    [InlineData($"[{System},{Early},{Asked}]", """{"role":"system","content":"other"},{"role":"user","content":"p"},""")]
    [InlineData("\"p\"", """{"role":"user","content":"other"},""")]
    public void ReadPairs_answer_to_another_prompt_is_refused(string prompt, string repeated) => Assert.EndsWith(
        ": line 1: field 'chosen' is a conversation that does not begin with the prompt, and does not go on from it",
        Assert.Throws<DatasetException>(() => Pair(prompt, repeated)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData($"[{Early},{Asked}]", "")]
    [InlineData($"[{Early},{Asked}]", $"{Early},{Asked},")]
    [InlineData(null, $"{Early},{Asked},")]
    public void Read_chosen_learns_nothing_of_the_prompt_however_it_is_written(string? prompt, string repeated)
    {
        var beside = prompt is null ? "" : $"\"prompt\":{prompt},";
        string[] answers = [.. new[] { "good", "bad" }.Select(a => $$"""[{{repeated}}{"role":"assistant","content":"{{a}}"}]""")];
        var example = Assert.Single(Dataset.Read(
            $$"""{{{beside}}"chosen":{{answers[0]}},"rejected":{{answers[1]}}}""", new DatasetSettings { Format = "chosen" }));
        Assert.Equal(["user: q", "assistant: a", "user: p", "assistant: good"], Dataset.Turns(example));
        Assert.Equal([false, false, false, true], example.Messages.Select(m => m.IsLearned));
    }

    private static PreferencePair Pair(string prompt, string repeated)
    {
        using var folder = new TempFolder();
        string[] answers = [.. new[] { "good", "bad" }.Select(a => $$"""[{{repeated}}{"role":"assistant","content":"{{a}}"}]""")];
        File.WriteAllText(folder["d"], $$"""{"prompt":{{prompt}},"chosen":{{answers[0]}},"rejected":{{answers[1]}}}""");
        return Assert.Single(DatasetReader.ReadPairs(folder["d"], new DatasetSettings()));
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("false", false)]
    [InlineData("\"False\"", false)]
    public void ReadLabelled_label_says_whether_the_answer_is_good(string label, bool good)
    {
        var record = $$"""{"prompt":"p","completion":"c","label":{{label}}}""";
        using var folder = new TempFolder();
        File.WriteAllText(folder["d"], record);
        var answer = Assert.Single(DatasetReader.ReadLabelled(folder["d"], new DatasetSettings()));
        Assert.Equal(good, answer.IsGood);
        Assert.Equal(["user: p", "assistant: c"], Dataset.Turns(answer.Example));

        Assert.StartsWith(
            ": line 1: field 'label' says whether the completion is good", Dataset.Error(Encoding.UTF8.GetBytes(record)), StringComparison.Ordinal);
        Assert.Single(Dataset.Read(record, new DatasetSettings { IgnoreFields = ["label"] }));
    }

    [Fact]
    public void Tokenize_ids_of_a_record_are_taken_as_they_are()
    {
        var data = Tokenize("""{"input_ids":[0,0,5,6,7],"labels":[-100,-100,-100,6,7],"attention_mask":[0,0,1,1,1],"token_type_ids":[0,0,0,0,0]}""");
        Assert.Equal([5, 6, 7], data.InputIds(0).ToArray());
        Assert.Equal([0, 1, 1], data.LossMask(0).ToArray());
        Assert.Equal([1, 1, 1], Tokenize("""{"input_ids":[5,6,7]}""").LossMask(0).ToArray());
        Assert.Equal([0, 0, 1], Tokenize("""{"input_ids":[5,6,7],"completion_mask":[0,0,1]}""").LossMask(0).ToArray());

        // A column of floats.
        data = Tokenize("""{"input_ids":[5.0,6.0,7.0],"labels":[-100.0,6.0,7.0],"weights":[1.0,0.0,1.0]}""");
        Assert.Equal([5, 6, 7], data.InputIds(0).ToArray());
        Assert.Equal([0, 0, 1], data.LossMask(0).ToArray());
    }

    [Theory]
    [InlineData("""{"input_ids":[5,600]}""", "record 1 holds id 600, but the model's vocab_size is 512")]
    [InlineData("""{"input_ids":[5,-1]}""", "field 'input_ids' holds -1")]
    [InlineData("""{"input_ids":[5,6.5]}""", "field 'input_ids[1]' is a number; it must be a whole number")]
    [InlineData("""{"input_ids":[5,3000000000.0]}""", "field 'input_ids[1]' is a number; it must be a whole number")]
    [InlineData("""{"input_ids":[5,6],"labels":[5]}""", "field 'labels' has 1 entries, input_ids 2")]
    [InlineData("""{"input_ids":[5,6],"labels":[6,-100]}""", "field 'labels[0]' is 6; it must be the id at its place, 5, or -100")]
    [InlineData("""{"input_ids":[5,6,7],"attention_mask":[1,0,1]}""", "field 'attention_mask' has zeros between ones")]
    public void Tokenize_ids_that_do_not_fit_are_refused_by_field(string record, string problem) =>
        Assert.Contains($": line 1: {problem}", Assert.Throws<DatasetException>(() => Tokenize(record)).Message, StringComparison.Ordinal);

    private static TokenizedDataset Tokenize(string record)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["d"], record);
        return DatasetTokenizer.Tokenize(folder["d"], SampleTokenizer.Load(), new DatasetSettings(), 1024, 512, null, CancellationToken.None);
    }
}
