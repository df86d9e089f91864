using CsCheck;

namespace LisaOrleans.Data.Tests;

public sealed class SeparatedValuesTests
{
    [Theory]
    [InlineData("prompt,completion\na,b\nc,d\n")]
    [InlineData("prompt,completion\r\na,b\r\n\r\nc,d")]
    [InlineData("\uFEFFprompt,completion\na,b\nc,d\n")]
    [InlineData("prompt\tcompletion\na\tb\nc\td\n")]
    [InlineData("prompt;completion\na;b\nc;d\n")]
    [InlineData("id,\"completion\",prompt\n1,\"b\",\"a\"\n2,d,c\n")]
    public void Read_columns_are_fields(string content) => Assert.Equal(
        ["user: a", "assistant: b", "user: c", "assistant: d"], Dataset.Read(content).SelectMany(Dataset.Turns));

    [Fact]
    public void Read_quoted_values_hold_anything() => Assert.Equal(
        "one,\ntwo \"three\"", Assert.Single(Dataset.Read("text\n\"one,\ntwo \"\"three\"\"\"\n")).Text);

    [Fact]
    public void Read_chat_in_a_column_is_parsed() => Assert.Equal(
        ["user: u", "assistant: a"],
        Dataset.Turns(Assert.Single(Dataset.Read(
            "messages\n\"[{\"\"role\"\":\"\"user\"\",\"\"content\"\":\"\"u\"\"},"
            + "{\"\"role\"\":\"\"assistant\"\",\"\"content\"\":\"\"a\"\"}]\"\n"))));

    [Fact]
    public void Read_any_texts_come_back_from_a_file_of_values() => Gen.String[Gen.Char[" ,;\t\"\r\nabcé"], 0, 8].Array[2].Array[1, 5].Sample(
        rows =>
        {
            var content = "prompt,completion\n"
                + string.Concat(rows.Select(r => string.Join(',', r.Select(v => $"\"{v.Replace("\"", "\"\"", StringComparison.Ordinal)}\"")) + "\n"));
            var turns = Dataset.Read(content).Select(e => e.Messages.Select(m => m.Content).ToArray()).ToArray();
            Assert.Equal(rows, turns);
        },
        iter: 200);

    [Theory]
    [InlineData("prompt,completion\na\n", ": line 2: has 1 values, the header 2")]
    [InlineData("prompt,completion\na,b\n\nc,d,e\n", ": line 4: has 3 values, the header 2")]
    [InlineData("prompt,completion\na,\"b\nc,d\n", ": line 2: the quote of value 2 is never closed")]
    [InlineData("prompt,completion\n\"a\"x,b\n", ": line 2: value 1 continues after its closing quote")]
    [InlineData("prompt,prompt\na,b\n", ": line 1: two columns are named 'prompt'")]
    [InlineData("prompt,\na,b\n", ": line 1: a column has no name")]
    [InlineData("prompt,completion\n", ": has no records")]
    [InlineData("text,labels\na,1\n", ": line 2: field 'labels' is not used")]
    public void Read_error_names_line(string content, string error) =>
        Assert.StartsWith(error, Dataset.Error(System.Text.Encoding.UTF8.GetBytes(content)), StringComparison.Ordinal);

    [Fact]
    public void Read_bytes_that_are_no_utf8_are_refused_with_their_line() => Assert.Equal(
        ": line 3: is not UTF-8 text", Dataset.Error([.. "text\ngood\ncaf"u8, 0xE9, .. "\n"u8]));
}
