using System.Text;
using System.Text.Json;

namespace LisaOrleans.Data.Tests;

public sealed class ConversationTests
{
    private const string Call = """{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"x\": 1}"}}""";

    [Theory]
    [InlineData("human", "user")]
    [InlineData("prompter", "user")]
    [InlineData("gpt", "assistant")]
    [InlineData("chatgpt", "assistant")]
    [InlineData("bing", "assistant")]
    [InlineData("model", "assistant")]
    [InlineData("observation", "tool")]
    [InlineData("function", "tool")]
    [InlineData("developer", "developer")]
    public void Read_speaker_of_either_spelling_gets_the_usual_role(string speaker, string role)
    {
        (string List, string From, string Value)[] spellings = [
            ("messages", "role", "content"), ("conversations", "from", "value"), ("conversation", "role", "content")];
        foreach (var (list, from, value) in spellings)
        {
            var record = $$"""{"{{list}}":[{"{{from}}":"{{speaker}}","{{value}}":"a"},{"{{from}}":"assistant","{{value}}":"b"}]}""";
            Assert.Equal([$"{role}: a", "assistant: b"], Dataset.Turns(Assert.Single(Dataset.Read(record))));
        }
    }

    [Fact]
    public void Read_calls_are_turned_into_the_form_of_templates()
    {
        var message = Parse($$"""{"role":"assistant","content":null,"tool_calls":[{{Call}}]}""");
        Assert.Equal("", message.Content);
        Assert.Equal(
            """{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":{"x":1}}}]}""",
            message.Fields!.Value.GetRawText());
    }

    [Theory]
    [InlineData("""{"role":"assistant","function_call":{"name":"f","arguments":"{\"x\": 1}"}}""")]
    [InlineData("""{"role":"assistant","tool_calls":[{"name":"f","arguments":{"x":1}}]}""")]
    [InlineData("""{"role":"assistant","tool_calls":"[{\"name\":\"f\",\"arguments\":{\"x\":1}}]"}""")]
    public void Read_calls_in_other_spellings_are_the_same(string turn) => Assert.Equal(
        """[{"type":"function","function":{"name":"f","arguments":{"x":1}}}]""",
        Parse(turn).Fields!.Value.GetProperty("tool_calls").GetRawText());

    [Theory]
    [InlineData("""{"name":"f","arguments":{"x":1}}""", true)]
    [InlineData("""[{"name":"f","arguments":{}},{"name":"g","arguments":{}}]""", true)]
    [InlineData("{}", false)]
    [InlineData("call me", false)]
    public void Read_call_of_sharegpt_is_text_and_call_at_once(string value, bool isCall)
    {
        var message = Parse($$"""{"from":"function_call","value":{{JsonSerializer.Serialize(value)}}}""");
        Assert.Equal(("assistant", value), (message.Role, message.Content));
        Assert.Equal(isCall, message.Fields?.TryGetProperty("tool_calls", out _) ?? false);
        if (isCall) Assert.Equal("", message.Fields!.Value.GetProperty("content").GetString());
    }

    [Fact]
    public void Read_call_of_sharegpt_may_stand_in_a_field_of_its_own() => Assert.Equal(
        """{"role":"assistant","content":null,"tool_calls":[{"type":"function","function":{"name":"f","arguments":{}}}]}""",
        Parse("""{"role":"tool_call","content":null,"tool_calls":[{"name":"f","arguments":{}}]}""").Fields!.Value.GetRawText());

    [Fact]
    public void Read_result_of_tool_keeps_its_name_and_call() => Assert.Equal(
        """{"role":"tool","content":"4","tool_call_id":"c1","name":"f"}""",
        Parse("""{"role":"tool","content":"4","name":"f","tool_call_id":"c1"}""").Fields!.Value.GetRawText());

    [Fact]
    public void Read_thinking_is_kept_for_the_template() => Assert.Equal(
        """{"role":"assistant","content":"a","reasoning_content":"r"}""",
        Parse("""{"role":"assistant","content":"a","reasoning_content":"r"}""").Fields!.Value.GetRawText());

    [Fact]
    public void Read_parts_of_text_are_one_text() => Assert.Equal(
        "one two", Parse("""{"role":"user","content":[{"type":"text","text":"one "},"two"]}""").Content);

    [Theory]
    [InlineData(
        """{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}""",
        "field 'content[0]' is a part of type \"image_url\"; only parts of text")]
    [InlineData(
        """{"role":"user","content":[{"type":"text","text":"a","annotations":[1]}]}""",
        "field 'content[0]' has a field 'annotations', which is not used")]
    [InlineData("""{"role":"user","content":null}""", "field 'content' is null; it must be a text")]
    [InlineData("""{"role":"assistant","content":"a","weight":0,"train":true}""", "field 'train' contradicts weight")]
    [InlineData("""{"role":"user","content":"a","tool_calls":[{"name":"f"}]}""", "field 'tool_calls' stands in a turn of role 'user'")]
    [InlineData("""{"role":"assistant","content":"a","tool_calls":[{"id":"x"}]}""", "field 'tool_calls[0]' must name a function")]
    [InlineData(
        """{"role":"assistant","content":"a","tool_calls":[{"name":"f","arguments":"{x"}]}""",
        "field 'tool_calls[0].arguments' is a text which is not valid JSON")]
    public void Read_turn_that_cannot_be_learned_is_refused_by_field(string turn, string problem)
    {
        var record = $$"""{"messages":[{{turn}},{"role":"assistant","content":"b"}]}""";
        Assert.StartsWith($": line 1: messages[0]: {problem}", Dataset.Error(Encoding.UTF8.GetBytes(record)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]")]
    [InlineData("\"tools\":\"[{\\\"type\\\":\\\"function\\\",\\\"function\\\":{\\\"name\\\":\\\"f\\\"}}]\"")]
    [InlineData("\"tools\":[\"{\\\"type\\\":\\\"function\\\",\\\"function\\\":{\\\"name\\\":\\\"f\\\"}}\"]")]
    [InlineData("\"tools\":[{\"name\":\"f\"}]")]
    [InlineData("\"tools\":[\"{\\\"name\\\":\\\"f\\\"}\"]")]
    [InlineData("\"functions\":[{\"name\":\"f\"}]")]
    [InlineData("\"functions\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]")]
    [InlineData("\"functions\":[\"{\\\"name\\\":\\\"f\\\"}\"]")]
    public void Read_tools_are_one_list_however_they_are_written(string field)
    {
        var record = $$"""{"messages":[{"role":"user","content":"u"},{"role":"assistant","content":"a"}],{{field}},"""
            + " \"chat_template_kwargs\":{\"enable_thinking\":false} }";
        var example = ParseExample(record);
        Assert.Equal("""[{"type":"function","function":{"name":"f"}}]""", example.Tools!.Value.GetRawText());
        Assert.False(example.TemplateVariables["enable_thinking"].GetBoolean());
    }

    [Theory]
    [InlineData("""[{"type":"web_search","name":"f"},{"function":{"name":"g"}},{"description":"d"}]""", null)]
    [InlineData(
        """[{"type":"web_search","name":"f"},{"name":"g"}]""",
        """[{"type":"web_search","name":"f"},{"type":"function","function":{"name":"g"}}]""")]
    public void Read_tool_that_is_not_just_a_function_stays_as_it_is(string tools, string? read)
    {
        var record = $$"""{"messages":[{"role":"user","content":"u"},{"role":"assistant","content":"a"}],"tools":{{tools}}}""";
        Assert.Equal(read ?? tools, ParseExample(record).Tools!.Value.GetRawText());
    }

    [Theory]
    [InlineData("\"tools\":[{},7]", "'tools[1]' is a number; it must be an object")]
    [InlineData("\"tools\":[\"get_weather\"]", "'tools[0]' is a text which is not valid JSON")]
    [InlineData("\"functions\":[\"[]\"]", "'functions[0]' is a list; it must be an object")]
    [InlineData("\"functions\":[{\"name\":\"f\"},{\"description\":\"d\"}]", "'functions[1]' must name a function")]
    [InlineData("\"functions\":[{\"function\":{\"name\":7}}]", "'functions[0]' must name a function")]
    [InlineData("\"documents\":[{\"text\":\"d\"},null]", "'documents[1]' is null; it must be an object")]
    public void Read_tool_or_document_that_is_no_object_is_refused_by_its_place(string field, string problem)
    {
        var record = $$"""{"messages":[{"role":"user","content":"u"},{"role":"assistant","content":"a"}],{{field}}}""";
        Assert.StartsWith($": line 1: field {problem}", Dataset.Error(Encoding.UTF8.GetBytes(record)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", """{"tools":[{"name":"f"}]}""", "tools' is not used; put it in the record's own field 'tools'")]
    [InlineData("", """{"messages":[]}""", "messages' is not used; put it in the record's own field 'messages'")]
    [InlineData("", """{"add_generation_prompt":true}""", "add_generation_prompt' is not used: what is learned ends with an answer")]
    [InlineData(
        "\"enable_thinking\":true,", """{"enable_thinking":false}""", "enable_thinking' differs from the record's own field 'enable_thinking'")]
    [InlineData("\"documents\":[{\"text\":\"d\"}],", """{"documents":[]}""", "documents' differs from the record's own field 'documents'")]
    [InlineData("\"documents\":[{\"text\":\"d\"}],", """{"documents":[{ "text": "d" }]}""", null)]
    public void Read_variable_of_the_template_that_would_not_count_is_refused_by_its_name(string beside, string variables, string? problem)
    {
        var record = """{"messages":[{"role":"user","content":"u"},{"role":"assistant","content":"a"}],"""
            + $$"""{{beside}}"chat_template_kwargs":{{variables}}}""";
        if (problem is null)
        {
            Assert.Single(ParseExample(record).TemplateVariables);
            return;
        }

        Assert.StartsWith(
            $": line 1: field 'chat_template_kwargs.{problem}", Dataset.Error(Encoding.UTF8.GetBytes(record)), StringComparison.Ordinal);
    }

    // To a template, a text that says false is as good as true.
    [Theory]
    [InlineData("\"false\"", false)]
    [InlineData("\"True\"", true)]
    [InlineData("\"\"", null)]
    public void Read_thinking_that_a_text_switches_is_true_or_false_to_the_template(string text, bool? thinking)
    {
        const string Turns = """[{"role":"user","content":"u"},{"role":"assistant","content":"a"}]""";
        var variables = ParseExample($$"""{"messages":{{Turns}},"enable_thinking":{{text}}}""").TemplateVariables;
        Assert.Equal(thinking, variables.TryGetValue("enable_thinking", out var value) ? value.GetBoolean() : null);
    }

    [Fact]
    public void Read_history_and_system_of_alpaca_go_before_the_question() => Assert.Equal(
        ["system: s", "user: q1", "assistant: a1", "user: q2", "assistant: a2", "user: i\n\nx", "assistant: o"],
        Dataset.Turns(Assert.Single(Dataset.Read(
            """{"instruction":"i","input":"x","output":"o","system":"s","history":[["q1","a1"],["q2","a2"]],"text":"rendered"}"""))));

    [Fact]
    public void Read_prompt_and_completion_may_be_lists_of_messages()
    {
        var example = Assert.Single(Dataset.Read(
            """{"prompt":[{"role":"user","content":"q"},{"role":"assistant","content":"early"},{"role":"user","content":"p"}],"""
            + """ "completion":[{"role":"assistant","content":"c"}]}"""));
        Assert.Equal(["user: q", "assistant: early", "user: p", "assistant: c"], Dataset.Turns(example));
        Assert.Equal([null, false, null, null], example.Messages.Select(m => m.Train));
    }

    [Theory]
    [InlineData("""{"prompt":[{"role":"user","content":"p"}],"completion":"c"}""", null)]
    [InlineData("""{"prompt":"p","completion":[{"role":"assistant","content":"c"}]}""", null)]
    [InlineData("""{"input":[{"role":"user","content":"p"}],"output":"c"}""", null)]
    [InlineData("""{"question":[{"role":"user","content":"p"}],"answer":"c"}""", null)]
    [InlineData("""{"prompt":[{"role":"user","content":"p"}],"chosen":"c","rejected":"d"}""", "chosen")]
    [InlineData("""{"prompt":[{"role":"user","content":"p"}],"completion":"c","label":true}""", "prompt-completion")]
    public void Read_prompt_or_answer_that_is_a_list_makes_a_chat(string record, string? format)
    {
        var settings = new DatasetSettings { Format = format, IgnoreFields = ["label"] };
        if (record.Contains("question", StringComparison.Ordinal)) settings = settings with { PromptField = "question", CompletionField = "answer" };
        var example = Assert.Single(Dataset.Read(record, settings));
        Assert.True(example.IsChat);
        Assert.Equal(["user: p", "assistant: c"], Dataset.Turns(example));
    }

    [Fact]
    public void Read_prompt_beside_messages_that_begin_with_it_is_no_loss()
    {
        const string Record = """{"prompt":"u","prompt_id":"7","messages":[{"role":"user","content":"u"},{"role":"assistant","content":"a"}]}""";
        Assert.Single(Dataset.Read(Record));
        foreach (var prompt in (string[])["\"other\"", "[{\"role\":\"system\",\"content\":\"s\"}]", "7"])
        {
            var other = Record.Replace("\"prompt\":\"u\"", $"\"prompt\":{prompt}", StringComparison.Ordinal);
            Assert.StartsWith(
                ": line 1: field 'prompt' is not used: format messages reads messages, system, ",
                Dataset.Error(Encoding.UTF8.GetBytes(other)), StringComparison.Ordinal);
        }
    }

    private static ChatMessage Parse(string turn) =>
        ParseExample($$"""{"messages":[{{turn}},{"role":"assistant","content":"end"}]}""").Messages[0];

    private static Example ParseExample(string record)
    {
        var settings = new DatasetSettings();
        using var document = JsonDocument.Parse(record);
        return new MessagesFormat().Parse(new RecordReader("d", "line 1", document.RootElement, new FieldPolicy(settings)), settings);
    }
}
