namespace LisaOrleans.Data.Tests;

/// <summary>LMFlow's files: one JSON object with "type" and "instances", laid out in any way.</summary>
public sealed class LMFlowTests
{
    [Fact]
    public void Read_text_only_gives_each_instance_as_a_text() => Assert.Equal(
        ["a", "b"], Dataset.Read("""{"type":"text_only","instances":[{"text":"a"},{"text":"b"}]}""").Select(e => e.Text));

    [Fact]
    public void Read_text2text_gives_input_and_output_as_question_and_answer() => Assert.Equal(
        ["user: i", "assistant: o"],
        Dataset.Turns(Assert.Single(Dataset.Read("""{"type":"text2text","instances":[{"input":"i","output":"o"}]}"""))));

    [Fact]
    public void Read_conversation_puts_the_system_text_before_the_messages() => Assert.Equal(
        ["system: s", "user: u", "assistant: a", "user: v", "assistant: b"],
        Dataset.Turns(Assert.Single(Dataset.Read(
            """
            {
              "type": "conversation",
              "instances": [
                {
                  "conversation_id": "C1",
                  "system": "s",
                  "messages": [
                    { "role": "user", "content": "u" },
                    { "role": "assistant", "content": "a" },
                    { "role": "user", "content": "v" },
                    { "role": "assistant", "content": "b" }
                  ]
                }
              ]
            }
            """))));

    [Theory]
    [InlineData("{\n  \"type\": \"text_only\",\n  \"instances\": [\n    {\n      \"text\": \"a\"\n    },\n    {\"text\": \"b\"}\n  ]\n}\n")]
    [InlineData("{\"type\": \"text_only\", \"instances\": [\n{\"text\": \"a\"},\n{\"text\": \"b\"}\n]}")]
    [InlineData("{\n\"type\": \"text_only\",\n\"instances\": [\n{\"text\": \"a\"},\n{\"text\": \"b\"}\n]\n}")]
    [InlineData("{\"type\":\"text_only\",\r\n\"instances\":\r\n[\r\n{\"text\":\"a\"},\r\n{\"text\":\"b\"}]}")]
    [InlineData("\n\n{\"instances\":[{\"text\":\"a\"},{\"text\":\"b\"}],\"type\":\"text_only\"}\n\n")]
    public void Read_line_breaks_anywhere_change_nothing(string content) => Assert.Equal(["a", "b"], Dataset.Read(content).Select(e => e.Text));

    [Fact]
    public void Read_record_with_a_missing_field_is_named() => Assert.Equal(
        ": record 2: field 'output' is missing; the record has 'input'",
        Dataset.Error("""{"type":"text2text","instances":[{"input":"i","output":"o"},{"input":"i"}]}"""u8.ToArray()));

    [Theory]
    [InlineData("""{"type":"text_only","instances":[]}""", ": has no records")]
    [InlineData("""{"type":"text_only","instances":{}}""", ": a JSON object must have a list 'instances'")]
    [InlineData("""{"type":"text_only","instances":["a"]}""", ": record 1: must be a JSON object")]
    [InlineData(
        """{"type":"image_text","instances":[{"text":"a"}]}""", ": field 'type' is \"image_text\"; LMFlow's are text_only, text2text, conversation")]
    [InlineData("""{"type":null,"instances":[{"text":"a"}]}""", ": field 'type' is null; LMFlow's are")]
    public void Read_instances_that_are_not_a_list_of_objects_are_refused(string content, string error) =>
        Assert.StartsWith(error, Dataset.Error(System.Text.Encoding.UTF8.GetBytes(content)), StringComparison.Ordinal);
}
