using System.Text;
using CsCheck;

namespace LisaOrleans.Data.Tests;

/// <summary>The code for well-known expressions against the expressions themselves.</summary>
public sealed class KnownPatternsTests
{
    // Characters that the expressions treat differently, the likely ones more often.
    private static readonly Gen<string> s_text = Gen.Frequency(
        (6, Pick(" ", "  ", "\n", "\r", "\r\n", "\t", "\u00A0", "\u3000")),
        (5, Pick("'", "'s", "'S", "'ſ", "'re", "'LL", "'vE", "'d", "'x", "l", "L", "r", "e")),
        (5, Pick("a", "Z", "é", "ǅ", "ʰ", "日", "\u0301", "\u0903", "𝐀", "𝐚", "𠀀", "Ω", "ß")),
        (3, Pick("1", "23", "4567", "½", "Ⅷ", "𝟏", "٣")),
        (4, Pick("!", "/", "/\n", ".", "…", "😀", "\u200B", "\0", "_", "€")),
        (2, Gen.Int[0, 0x10FFFF].Where(c => c is < 0xD800 or > 0xDFFF).Select(c => new Rune(c).ToString())))
        .Array[0, 16].Select(string.Concat);

    [Theory]
    [InlineData(KnownPatterns.Gpt2)]
    [InlineData(KnownPatterns.Gpt4)]
    [InlineData(KnownPatterns.Qwen)]
    [InlineData(KnownPatterns.Gpt4o)]
    public void Find_any_text_cuts_as_the_expression_does(string expression)
    {
        var known = KnownPatterns.Find(expression)!;
        var pattern = new PiecePattern(expression);
        s_text.Sample(text => Assert.Equal(Cut(pattern.Find, text), Cut(known, text)), iter: 20_000);
        foreach (var text in HardTexts.All) Assert.Equal(Cut(pattern.Find, text), Cut(known, text));
    }

    private static Gen<string> Pick(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    private static IEnumerable<string> Cut(SegmentFinder find, string text)
    {
        var segments = new List<TextSegment>();
        find(text, segments);
        return segments.Select(s => text[s.Start..s.End]);
    }
}
