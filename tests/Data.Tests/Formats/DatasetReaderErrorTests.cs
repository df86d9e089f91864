using System.Text;

namespace LisaOrleans.Data.Tests;

public sealed class DatasetReaderErrorTests
{
    [Theory]
    [InlineData("", ": is empty")]
    [InlineData(" \n\n", ": is empty")]
    [InlineData("[]", ": has no records")]
    [InlineData("Once upon a time", ": begins with 'O'; training data is JSON lines, a JSON list, CSV")]
    [InlineData("{\"text\":\"a\"}\n{\"text\":", ": line 2, byte 9: is not valid JSON: it ends before all its objects and lists are closed")]
    [InlineData("{\"text\":\"a\"}\n\n\n{\"text\":\"b\"", ": line 4, byte 12: is not valid JSON: it ends before all its objects and lists are closed")]
    [InlineData("{\"text\":\"a\n{\"text\":\"b\"}", ": line 1, byte 11: is not valid JSON: it ends too early")]
    [InlineData("{\"text\":'a'}\n{\"text\":\"b\"}", ": line 1, byte 9: is not valid JSON: texts and names must be in double quotes")]
    [InlineData("{\"text\":\"a\"}\n[1]", ": line 2: must be a JSON object")]
    [InlineData("{\"text\":\"a\"}\n\"b\"", ": line 2: must be a JSON object")]
    [InlineData("[{\"text\":\"a\"},1]", ": record 2: must be a JSON object")]
    [InlineData("[{\"text\":\"a\"}", ": line 1, byte 14: is not valid JSON: it ends before all its objects and lists are closed")]
    [InlineData("{\"text\":\"a\",\"text\":\"b\"}", ": line 1: is not valid JSON: field 'text' is given twice")]
    [InlineData("{\"body\":\"a\"}", ": line 1: has fields 'body'; known are ")]
    [InlineData("{}", ": line 1: has fields none; known are ")]
    [InlineData("{\"text\":7}", ": line 1: field 'text' is a number; it must be a text")]
    [InlineData("{\"text\":null}", ": line 1: field 'text' is null; it must be a text")]
    [InlineData("{\"text\":\"\\ud83d\"}", ": line 1: field 'text' holds half a character")]
    [InlineData("{\"\\ud83d\":\"a\"}", ": line 1: is not valid JSON")]
    [InlineData("{\"prompt\":[\"a\"],\"completion\":\"b\"}", ": line 1: field 'prompt' is a list; it must be a text")]
    [InlineData("{\"instruction\":\"a\",\"input\":{},\"output\":\"b\"}", ": line 1: field 'input' is an object; it must be a text")]
    [InlineData("{\"messages\":\"a\"}", ": line 1: field 'messages' must be a list with at least one entry")]
    [InlineData("{\"messages\":[]}", ": line 1: field 'messages' must be a list with at least one entry")]
    [InlineData("{\"messages\":[\"a\"]}", ": line 1: field 'messages[0]' is a text; it must be an object")]
    [InlineData("{\"messages\":[{\"role\":\"user\"}]}", ": line 1: messages[0]: field 'content' is missing; the record has 'role'")]
    [InlineData(
        "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"bot\",\"content\":\"b\"}]}",
        ": line 1: messages[1]: field 'role' is 'bot'; it must be system, developer, user, assistant or tool")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}", ": line 1: field 'messages' has no turn of the assistant")]
    public void Read_wrong_record_is_refused_with_file_line_and_field(string content, string error) =>
        Assert.StartsWith(error, Dataset.Error(Encoding.UTF8.GetBytes(content)), StringComparison.Ordinal);

    [Theory]
    [InlineData("", "\"tools\":[{\"function\":{\"name\":\"f\",\"description\":HALF}}]", "field 'tools[0].function.description'")]
    [InlineData("", "\"functions\":[{\"name\":\"f\",\"parameters\":{\"enum\":[\"a\",HALF]}}]", "field 'functions[0].parameters.enum[1]'")]
    [InlineData("", "\"documents\":[{\"text\":HALF}]", "field 'documents[0].text'")]
    [InlineData("", "\"chat_template_kwargs\":{\"style\":HALF}", "field 'chat_template_kwargs.style'")]
    [InlineData("\"reasoning_content\":HALF", "\"id\":1", "messages[1]: field 'reasoning_content'")]
    [InlineData(
        "\"tool_calls\":[{\"name\":\"f\",\"arguments\":{\"x\":HALF}}]", "\"id\":1", "messages[1]: field 'tool_calls[0].arguments.x'")]
    [InlineData(
        "\"tool_calls\":[{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":\\\"\\\\ud83d\\\"}\"}]", "\"id\":1",
        "messages[1]: field 'tool_calls[0].arguments.x'")]
    public void Read_half_a_character_in_what_a_template_gets_is_refused_with_its_place(string ofTurn, string ofRecord, string place)
    {
        var turn = "{\"role\":\"assistant\",\"content\":\"a\"" + (ofTurn.Length > 0 ? $",{ofTurn}" : "") + "}";
        var record = $"{{\"messages\":[{{\"role\":\"user\",\"content\":\"u\"}},{turn}],{ofRecord}}}".Replace(
            "HALF", "\"\\ud83d\"", StringComparison.Ordinal);
        Assert.Equal(
            $": line 1: {place} holds half a character: an escaped surrogate without its other half", Dataset.Error(Encoding.UTF8.GetBytes(record)));
    }

    [Fact]
    public void Read_missing_file_is_named()
    {
        using var folder = new TempFolder();
        var e = Assert.Throws<DatasetException>(() => DatasetReader.Read(folder["no.jsonl"], new DatasetSettings()).ToArray());
        Assert.StartsWith($"{folder["no.jsonl"]}: no such file", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5000)]
    public void Read_bytes_that_are_not_utf8_are_refused_with_their_line(int line)
    {
        // A lone Latin-1 é, as in a file saved in an old code page; 5000 lines fill more than one buffer.
        byte[] content = [
            .. Enumerable.Repeat("{\"text\":\"good\"}\n"u8.ToArray(), line - 1).SelectMany(l => l), .. "{\"text\":\"caf"u8, 0xE9, .. "\"}\n"u8];
        Assert.Equal($": line {line}: is not UTF-8 text", Dataset.Error(content));
        Assert.Equal($": line {line}: is not UTF-8 text", Dataset.Error([0xEF, 0xBB, 0xBF, .. content]));
    }

    [Fact]
    public void Read_list_that_is_not_utf8_is_refused_with_its_line() =>
        Assert.Equal(": line 2: is not UTF-8 text", Dataset.Error([.. "[\n{\"text\":\""u8, 0xFF, .. "\"}]"u8]));
}
