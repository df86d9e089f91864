namespace LisaOrleans.Data.Tests;

public sealed class StopSequencesTests
{
    [Theory]
    [InlineData("ab|c|d", "bc", "a", true)]
    [InlineData("a|b|x|b|c", "bc", "abx", true)]
    [InlineData("aa|a|b", "aab", "a", true)]
    [InlineData("one two", "two;ne", "o", true)]
    [InlineData("en|d", "endless", "end", false)]
    [InlineData("a|b", "", "ab", false)]
    [InlineData("x<|im_|end|>y", "<|im_end|>", "x", true)]
    [InlineData("<|im_|e<|im_end|>y", "<|im_end|>", "<|im_e", true)]
    public void Push_text_ends_before_the_first_sequence(string pieces, string sequences, string expected, bool found)
    {
        // '|' within "<|" and "|>" is text.
        var cut = pieces.Replace("<|", "\u0001", StringComparison.Ordinal).Replace("|>", "\u0002", StringComparison.Ordinal).Split('|')
            .Select(p => p.Replace("\u0001", "<|", StringComparison.Ordinal).Replace("\u0002", "|>", StringComparison.Ordinal));
        var stop = new StopSequences(sequences.Split(';', StringSplitOptions.RemoveEmptyEntries));
        var text = string.Concat(cut.Select(stop.Push)) + stop.Flush();
        Assert.Equal((expected, found), (text, stop.Found));
    }

    [Fact]
    public void Push_holds_back_only_what_may_begin_a_sequence()
    {
        var stop = new StopSequences(["stop"]);
        Assert.Equal("go, ", stop.Push("go, st"));
        Assert.Equal("st", stop.Push("sto"));
        Assert.Equal("stone", stop.Push("ne"));
    }
}
