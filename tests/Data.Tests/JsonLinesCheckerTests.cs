using System.Text;

namespace LisaOrleans.Data.Tests;

public sealed class JsonLinesCheckerTests
{
    [Theory]
    [InlineData("{\"a\":1}\n{\"a\":2}\n", 2)]
    [InlineData("{\"a\":1}\r\n\r\n \t\n{\"a\":\"é\"}", 2)]
    [InlineData("\uFEFF{}", 1)]
    public void Records_valid_lines_are_counted_however_they_are_cut(string text, int records)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var size = 1; size <= bytes.Length; size++)
        {
            var checker = new JsonLinesChecker();
            for (var at = 0; at < bytes.Length; at += size) checker.Add(bytes.AsSpan(at, Math.Min(size, bytes.Length - at)));
            checker.Complete();
            Assert.Equal(records, checker.Records);
        }
    }

    [Theory]
    [InlineData("{}\n{\n", 2)]
    [InlineData("{}\n\n[]", 3)]
    [InlineData("{\"a\":1,\"a\":2}", 1)]
    [InlineData("text", 1)]
    [InlineData("{\"\\ud800\":1}{", 1)]
    public void Add_wrong_line_is_named_by_its_number(string text, int line)
    {
        var error = Assert.Throws<DatasetException>(() => Check(Encoding.UTF8.GetBytes(text)));
        Assert.Matches($@"^line {line}(, byte \d+)?: ", error.Message);
    }

    [Fact]
    public void Add_bytes_that_are_not_utf8_are_refused() =>
        Assert.Contains(
            "UTF-8", Assert.Throws<DatasetException>(() => Check([.. "{\"a\":\""u8, 0xC3, 0x28, .. "\"}"u8])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("\n \n")]
    public void Complete_file_without_records_is_refused(string text) => Assert.Throws<DatasetException>(() => Check(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Add_line_without_end_is_refused()
    {
        var checker = new JsonLinesChecker();
        var chunk = new byte[1 << 20];
        Array.Fill(chunk, (byte)' ');
        Assert.Throws<DatasetException>(() =>
        {
            for (var i = 0; i < 100; i++) checker.Add(chunk);
        });
    }

    private static void Check(byte[] bytes)
    {
        var checker = new JsonLinesChecker();
        checker.Add(bytes);
        checker.Complete();
    }
}
