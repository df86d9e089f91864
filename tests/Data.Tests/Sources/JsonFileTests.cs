using System.Text;

namespace LisaOrleans.Data.Tests;

public sealed class JsonFileTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(100_000)]
    public void Read_list_is_taken_item_by_item_whatever_its_size(int length)
    {
        var texts = Enumerable.Range(0, 20).Select(i => new string((char)('a' + i), length)).ToArray();
        var content = $"[\n{string.Join(",\n  ", texts.Select(t => $"{{\"text\" : \"{t}\"}}"))}\n]\n";
        Assert.Equal(texts, Dataset.Read(content).Select(e => e.Text));
    }

    [Theory]
    [InlineData("[{\"text\":\"a\"}] x", ": line 1, byte 16: is not valid JSON: 'x' is invalid after a single JSON value. Expected end of data")]
    [InlineData("[{\"text\":\"a\"},\n]", ": line 2, byte 1: is not valid JSON: a comma must not come before a closing ']' or '}'")]
    [InlineData("{\n \"text\": \"a\"\n}", ": a JSON object must have a list 'instances' (LMFlow), and this has 'text'")]
    public void Read_damaged_list_is_refused(string content, string error) =>
        Assert.StartsWith(error, Dataset.Error(Encoding.UTF8.GetBytes(content)), StringComparison.Ordinal);

    [Fact]
    public void Read_deep_json_is_refused_in_lines_and_in_lists()
    {
        var deep = new string('[', 100_000) + new string(']', 100_000);
        foreach (var content in (string[])[$"{{\"text\":{deep}}}", $"[{{\"text\":{deep}}}]"])
        {
            var error = Dataset.Error(Encoding.UTF8.GetBytes(content));
            Assert.StartsWith(": line 1, byte 72: is not valid JSON: too many objects and lists", error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("{\"text\":\"", ": line 1: is longer than")]
    [InlineData("[{\"text\":\"", ": line 1: an entry is longer than")]
    [InlineData("text\n\"", ": line 2: is longer than")]
    public void Read_record_without_end_is_refused_in_bounded_memory(string start, string error)
    {
        var content = new byte[RawRecord.Longest * 3L / 2];
        content.AsSpan().Fill((byte)'a');
        Encoding.UTF8.GetBytes(start).CopyTo(content, 0);
        Assert.StartsWith(error, Dataset.Error(content), StringComparison.Ordinal);
    }
}
