namespace LisaOrleans.Data;

/// <summary>The expressions that most models use, with code that cuts as they do, only faster.</summary>
internal static class KnownPatterns
{
    /// <summary>GPT-2's, which Hugging Face's ByteLevel has built in.</summary>
    public const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    /// <summary>GPT-4's, with as many digits in a row as Llama 3 has.</summary>
    public const string Gpt4 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>GPT-4's with single digits, as Qwen has it.</summary>
    public const string Qwen =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>GPT-4o's, which splits words where capitals begin.</summary>
    public const string Gpt4o =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        + @"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        + @"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public static SegmentFinder? Find(string expression) => expression switch
    {
        Gpt2 => (text, segments) => Cut(text, segments, Gpt2Words.End),
        Gpt4 => (text, segments) => Cut(text, segments, Gpt4Words.EndWith3Digits),
        Qwen => (text, segments) => Cut(text, segments, Gpt4Words.EndWith1Digit),
        Gpt4o => (text, segments) => Cut(text, segments, Gpt4oWords.End),
        _ => null,
    };

    // All of these match something everywhere: nothing lies between their matches.
    private static void Cut(ReadOnlySpan<char> text, List<TextSegment> segments, WordEnd end)
    {
        for (var at = 0; at < text.Length;)
        {
            var next = end(text, at);
            segments.Add(new TextSegment(at, next, true));
            at = next;
        }
    }

    /// <summary>Where the match that begins at a place ends.</summary>
    private delegate int WordEnd(ReadOnlySpan<char> text, int at);
}
