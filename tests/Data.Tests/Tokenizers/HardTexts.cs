using System.Text;

namespace LisaOrleans.Data.Tests;

/// <summary>Texts that tokenizers get wrong: code, many scripts, white space, control tokens, long runs. The same ones each time.</summary>
internal static class HardTexts
{
    private static readonly string[] s_words =
    [
        "the", "The", "THE", "don't", "DON'T", "we'Ve", "I'ſt", "it’s", "naïve",
        "cafe\u0301", "Straße", "İstanbul", "ǅ", "ﬁne", "x²", "½", "Ⅷ", "٣٤", "12345678",
        "3.14", "1,000", "0x1F", "日本語", "漢字かな交じり文", "カタカナー", "한국어", "각", "العربية",
        "עִבְרִית", "हिन्दी", "ไทย", "ελληνικός", "Русский", "ქართული", "தமிழ்",
        "𝐀𝐁𝟏𝟐", "𠀀𠀁", "😀", "👩‍👩‍👧", "🏳️‍🌈", "🇩🇪", "e\u0301\u0323", "\u0301", "\u200B",
        "\u200D", "\uFEFF", "\u00AD", "\u0000", "\u0001", "\u007F", "\u0085", "▁", "▁▁",
        "<0x41>", "<s>", "</s>", "<unk>", "<|endoftext|>", "<|im_start|>", "<|im_end|>",
        "<|eot_id|>", "<start_of_turn>", "<think>", "[INST]", "<bos>", "<pad>", "[MASK]",
        "http://a.b/?q=1&r=%20", "foo_bar", "CamelCaseWORDS", "HTTPServer", "snake_case_2", "!!!",
        "?!", "--", "...", "…", "“q”", "(a)", "[b]", "{c}", "#", "@", "\\n", "=>", "**",
        "//", "/*", "*/", "\"", "'", "`", "~", "^", "|", "$5", "€", "+", "=", "<", ">",
    ];

    private static readonly string[] s_gaps = [
        " ", " ", " ", " ", "", "", "  ", "\n", "\n\n", "\r\n", "\t", "   ", "\u00A0", "\u3000", " \n ", "\n    ", "\u2003", "\v", "\f", "\u2028"];

    /// <summary>All but the texts of characters drawn from all over Unicode.</summary>
    public static IReadOnlyList<string> Written { get; } = [.. Fixed(), .. Code(), .. Mixed(1200)];

    public static IReadOnlyList<string> All { get; } = [.. Written, .. Characters(400)];

    private static IEnumerable<string> Fixed()
    {
        yield return "";
        foreach (var unit in s_words.Concat(s_gaps).Where(w => w.Length > 0))
        {
            yield return unit;
            yield return string.Concat(Enumerable.Repeat(unit, 37));
        }

        foreach (var length in (int[])[63, 64, 65, 1000, 5000])
            foreach (var run in (string[])[" ", "a", "=", ")", "\n", "é", "あ", "ab", "▁a", "1"])
                yield return string.Concat(Enumerable.Repeat(run, length));
    }

    // Lines and windows of this repository's own sources.
    private static IEnumerable<string> Code()
    {
        var files = Directory.GetFiles(Path.Combine(Repository.Root, "src", "Data"), "*.cs", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal);
        foreach (var (path, i) in files.Select((f, i) => (f, i)))
        {
            var text = File.ReadAllText(path);
            if (i % 20 == 0) yield return text;
            foreach (var (line, n) in text.Split('\n').Select((l, n) => (l, n))) if ((n + i) % 23 == 0) yield return line;
        }
    }

    private static IEnumerable<string> Mixed(int count)
    {
        var random = new CounterRandom(20260101, 0);
        for (var i = 0; i < count; i++)
        {
            var text = new StringBuilder();
            for (var words = 1 + Next(random, 24); words > 0; words--)
                text.Append(s_words[Next(random, s_words.Length)]).Append(s_gaps[Next(random, s_gaps.Length)]);
            yield return text.ToString();
        }
    }

    private static IEnumerable<string> Characters(int count)
    {
        var random = new CounterRandom(20260102, 0);
        (int From, int To)[] ranges = [
            (0x20, 0x7E), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x5FF), (0x900, 0xDFF), (0x1100, 0x11FF), (0x2000, 0x2FFF), (0x3040, 0x30FF),
            (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFF00, 0xFFEF), (0x1D400, 0x1D7FF), (0x1F300, 0x1F6FF), (0x20000, 0x20FFF)];
        for (var i = 0; i < count; i++)
        {
            var text = new StringBuilder();
            for (var n = 1 + Next(random, 30); n > 0; n--)
            {
                var (from, to) = ranges[Next(random, ranges.Length)];
                text.Append(new Rune(from + Next(random, to - from + 1)));
            }

            yield return text.ToString();
        }
    }

    private static int Next(CounterRandom random, int below) => random.NextInt(below);
}
