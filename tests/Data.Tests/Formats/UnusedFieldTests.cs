using System.Text;

namespace LisaOrleans.Data.Tests;

public sealed class UnusedFieldTests
{
    private const string Chat = """{"messages":[{"role":"user","content":"u"},{"role":"assistant","content":"a"}]""";

    [Theory]
    [InlineData("""{"text":"a","body":"b"}""", "body", "format text reads text")]
    [InlineData("""{"text":"a","weights":[0.5]}""", "weights", "format text reads text, weight")]
    [InlineData("""{"prompt":"a","completion":"b","history":[["c","d"]]}""", "history", "format prompt-completion reads prompt, completion, ")]
    [InlineData("""{"prompt":"a","completion":"b","images":["c"]}""", "images", "format prompt-completion reads")]
    [InlineData("""{"instruction":"a","output":"b","thinking":"c"}""", "thinking", "format alpaca reads instruction, input, output, history, system")]
    [InlineData($$"""{{Chat}},"text":"x"}""", "text", "format messages reads messages, system, tools")]
    [InlineData($$"""{{Chat}},"loss_weight":1}""", "loss_weight", "format messages reads")]
    [InlineData("""{"text":"a","chosen":false}""", "chosen", "format text reads text")]
    public void Read_field_that_format_does_not_use_is_refused_by_name(string record, string field, string reads)
    {
        var error = Dataset.Error(Encoding.UTF8.GetBytes(record));
        Assert.StartsWith($": line 1: field '{field}' is not used: {reads}", error, StringComparison.Ordinal);
        Assert.EndsWith($"To train without it: --ignore-fields {field}", error, StringComparison.Ordinal);
        Assert.Single(Dataset.Read(record, new DatasetSettings { IgnoreFields = [field] }));
    }

    [Theory]
    [InlineData("""{"role":"assistant","content":"a","audio":{"id":"x"}}""", "audio")]
    [InlineData("""{"role":"assistant","content":"a","refusal":"no"}""", "refusal")]
    [InlineData("""{"from":"gpt","value":"a","markdown":"b"}""", "markdown")]
    public void Read_field_of_turn_that_is_not_used_is_refused_by_name(string turn, string field)
    {
        var record = $$"""{"messages":[{"role":"user","content":"u"},{{turn}}]}""";
        var error = Dataset.Error(Encoding.UTF8.GetBytes(record));
        Assert.StartsWith($": line 1: messages[1]: field '{field}' is not used: a turn has role, content, ", error, StringComparison.Ordinal);
        Assert.Single(Dataset.Read(record, new DatasetSettings { IgnoreFields = [field] }));
    }

    [Theory]
    [InlineData("""{"text":"a","body":null,"weight":null,"tools":[],"system":"","chat_template_kwargs":{}}""")]
    [InlineData(
        """{"messages":[{"role":"user","content":"u","audio":null,"tool_calls":[]},"""
            + """{"role":"assistant","content":"a","refusal":null,"function_call":null}],"tools":null}""")]
    public void Read_field_that_is_empty_changes_nothing(string record) => Assert.Single(Dataset.Read(record));

    [Fact]
    public void Tokenize_metadata_is_left_out_and_named_once()
    {
        var records = """
            {"text":"a","id":1,"source":"web","prompt_id":"7"}
            {"text":"b","id":2,"url":"http://x"}
            """;
        Assert.Equal(["id", "prompt_id", "source", "url"], Tokenize(records, new DatasetSettings()).LeftOutFields);
        Assert.Empty(Tokenize("""{"text":"a"}""", new DatasetSettings()).LeftOutFields);
    }

    [Fact]
    public void Tokenize_fields_to_ignore_are_named_too() => Assert.Equal(
        ["body", "id"], Tokenize("""{"text":"a","body":"b","id":1}""", new DatasetSettings { IgnoreFields = ["body", "never-there"] }).LeftOutFields);

    [Fact]
    public void Tokenize_format_chosen_by_user_leaves_other_columns_out_but_not_those_that_change_what_is_learned()
    {
        var settings = new DatasetSettings { PromptField = "question", CompletionField = "answer" };
        Assert.Equal(["hint"], Tokenize("""{"question":"q","answer":"a","hint":"h"}""", settings).LeftOutFields);
        var error = Dataset.Error("""{"question":"q","answer":"a","context":"c"}"""u8.ToArray(), settings);
        Assert.StartsWith(": line 1: field 'context' is not used", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("other", new[] { "prompt" })]
    [InlineData("u", new string[0])]
    public void Tokenize_prompt_beside_messages_that_does_not_begin_them_is_named(string prompt, string[] left) => Assert.Equal(
        left,
        Tokenize($$"""{{Chat}},"prompt":"{{prompt}}"}""", new DatasetSettings { Format = "messages", Template = "chatml" }).LeftOutFields);

    [Fact]
    public void Read_field_to_ignore_is_as_if_it_were_not_there()
    {
        var record = """{"instruction":"i","input":"x","output":"o","system":"s"}""";
        Assert.Equal(
            ["user: i", "assistant: o"],
            Dataset.Turns(Assert.Single(Dataset.Read(record, new DatasetSettings { IgnoreFields = ["input", "system"] }))));
    }

    [Theory]
    [InlineData(
        """{"messages":[{"role":"user","content":"u"},{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{}}}]}]}""",
        "tool_calls")]
    [InlineData(
        """{"messages":[{"role":"user","content":"u"},"""
            + """{"role":"assistant","content":null,"tool_calls":[{"function":{"name":"f","arguments":{}}}]}]}""", "tool_calls")]
    [InlineData("""{"messages":[{"role":"user","content":"u"},{"role":"assistant","content":"a","reasoning_content":"r"}]}""", "reasoning_content")]
    [InlineData($$"""{{Chat}},"tools":[{"type":"function"}]}""", "tools")]
    [InlineData($$"""{{Chat}},"enable_thinking":false}""", "enable_thinking")]
    public void Read_what_a_named_template_cannot_write_is_refused_by_name(string record, string field)
    {
        var error = Dataset.Error(Encoding.UTF8.GetBytes(record), new DatasetSettings { Template = "chatml" });
        Assert.StartsWith($": line 1: field '{field}'", error, StringComparison.Ordinal);
        Assert.Contains("template chatml writes role and content only", error, StringComparison.Ordinal);
    }

    private static DatasetStatistics Tokenize(string records, DatasetSettings settings)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["d"], records);
        return DatasetTokenizer.Tokenize(folder["d"], SampleTokenizer.Load(), settings, 1024, 512, null, CancellationToken.None).Statistics;
    }
}
