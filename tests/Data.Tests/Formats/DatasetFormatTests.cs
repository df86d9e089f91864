namespace LisaOrleans.Data.Tests;

public sealed class DatasetFormatTests
{
    [Fact]
    public void Read_plain_texts_are_whole_examples()
    {
        Assert.Equal(["a", "b"], Dataset.Read("{\"text\":\"a\"}\n\n{\"text\":\"b\"}\n").Select(e => e.Text));
        var named = Dataset.Read("""{"story":"a","text":"no"}""", new DatasetSettings { Format = "text", TextField = "story" });
        Assert.Equal("a", Assert.Single(named).Text);
    }

    [Fact]
    public void Read_field_that_is_named_is_the_one_that_is_read()
    {
        const string Record = """{"prompt":"p","completion":"c","body":"b"}""";
        Assert.Equal("b", Assert.Single(Dataset.Read(Record, new DatasetSettings { TextField = "body" })).Text);
        Assert.Contains(
            "field 'none' is missing; the record has 'prompt'",
            Dataset.Error(System.Text.Encoding.UTF8.GetBytes(Record), new DatasetSettings { TextField = "none" }), StringComparison.Ordinal);
        (string Setting, DatasetSettings Settings)[] wrong =
        [
            ("text_field", new DatasetSettings { TextField = "body", Format = "prompt-completion" }),
            ("prompt_field", new DatasetSettings { PromptField = "prompt", Format = "text" }),
            ("completion_field", new DatasetSettings { CompletionField = "body", TextField = "body" }),
        ];
        foreach (var (setting, settings) in wrong)
            Assert.Equal(setting, Assert.Throws<InvalidTrainingSettingException>(() => Dataset.Read(Record, settings)).Setting);
    }

    [Theory]
    [InlineData("""{"prompt":"p","completion":"c"}""")]
    [InlineData("""{"instruction":"p","output":"c"}""")]
    [InlineData("""{"instruction":"p","input":"","output":"c"}""")]
    [InlineData("""{"instruction":"p","input":null,"output":"c"}""")]
    [InlineData("""{"instruction":"","input":"p","output":"c"}""")]
    [InlineData("""{"input":"p","output":"c"}""")]
    [InlineData("""{"messages":[{"role":"user","content":"p"},{"role":"assistant","content":"c"}]}""")]
    [InlineData("""{"conversations":[{"from":"human","value":"p"},{"from":"gpt","value":"c"}]}""")]
    public void Read_prompt_and_completion_are_two_turns(string record)
    {
        Assert.Equal(["user: p", "assistant: c"], Dataset.Turns(Assert.Single(Dataset.Read(record))));
        Assert.Equal(2, Dataset.Read($"[{record},\n{record}]").Length);
    }

    [Fact]
    public void Read_input_of_alpaca_follows_its_instruction() => Assert.Equal(
        ["user: Add.\n\n1 and 2", "assistant: 3"],
        Dataset.Turns(Assert.Single(Dataset.Read("""{"instruction":"Add.","input":"1 and 2","output":"3"}"""))));

    [Fact]
    public void Read_messages_of_openai_keep_their_order_and_roles() => Assert.Equal(
        ["system: s", "user: u", "assistant: a", "tool: t", "assistant: b"],
        Dataset.Turns(Assert.Single(Dataset.Read(
            """
            {"messages":[{"role":"system","content":"s"},{"role":"user","content":"u"},{"role":"assistant","content":"a"},{"role":"tool","content":"t"},{"role":"assistant","content":"b"}]}
            """))));

    [Fact]
    public void Read_speakers_of_sharegpt_get_the_usual_roles() => Assert.Equal(
        ["system: s", "user: u", "assistant: a", "tool: o", "assistant: b"],
        Dataset.Turns(Assert.Single(Dataset.Read(
            """
            {"id":"7","system":"s","conversations":[{"from":"human","value":"u"},{"from":"gpt","value":"a"},{"from":"observation","value":"o"},{"from":"gpt","value":"b"}]}
            """))));

    [Fact]
    public void Read_any_two_named_fields_are_prompt_and_completion()
    {
        var settings = new DatasetSettings { PromptField = "question", CompletionField = "answer" };
        var record = """{"question":"1+1?","answer":"#### 2","text":"not this"}""";
        Assert.Equal(["user: 1+1?", "assistant: #### 2"], Dataset.Turns(Assert.Single(Dataset.Read(record, settings))));
    }

    [Fact]
    public void Read_gsm8k_works_on_the_file_as_published()
    {
        var settings = new DatasetSettings { PromptField = "question", CompletionField = "answer" };
        var examples = DatasetReader.Read(TestAssets.Require("gsm8k", "test.jsonl"), settings).ToArray();
        Assert.Equal(1319, examples.Length);
        Assert.StartsWith("Janet’s ducks lay 16 eggs per day.", examples[0].Messages[0].Content, StringComparison.Ordinal);
        Assert.All(examples, e => Assert.Contains("#### ", e.Messages[1].Content, StringComparison.Ordinal));
    }

    [Fact]
    public void Read_byte_order_mark_is_not_content() => Assert.Equal("a", Assert.Single(Dataset.Read("\uFEFF{\"text\":\"a\"}")).Text);

    [Fact]
    public void Read_later_record_in_another_format_is_refused()
    {
        var error = Dataset.Error("{\"text\":\"a\"}\n{\"prompt\":\"p\",\"completion\":\"c\"}"u8.ToArray());
        Assert.Equal(": line 2: field 'text' is missing; the record has 'prompt', 'completion'", error);
    }

    [Fact]
    public void Read_format_given_by_name_is_used_and_an_unknown_name_refused()
    {
        // Recognised as prompt-completion, were it not for the name.
        var record = """{"prompt":"p","completion":"c","text":"t"}""";
        Assert.Equal("t", Assert.Single(Dataset.Read(record, new DatasetSettings { Format = "text" })).Text);
        Assert.Equal(
            ["fields", "tokens", "preference", "chosen", "labelled", "messages", "sharegpt", "prompt-completion", "alpaca", "text2text", "text"],
            DatasetFormats.Names);
        var e = Assert.Throws<DatasetException>(() => Dataset.Read(record, new DatasetSettings { Format = "csv" }));
        Assert.Equal($"data format 'csv' is unknown; one of {string.Join(", ", DatasetFormats.Names)}", e.Message);
    }
}
