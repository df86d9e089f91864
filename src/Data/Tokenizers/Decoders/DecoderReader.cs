using System.Text;

namespace LisaOrleans.Data;

/// <summary>Reads the field "decoder".</summary>
internal static class DecoderReader
{
    private const int LongestToken = 1 << 24;

    // BERT's way back from words: no space before punctuation, and contractions are one word.
    private static readonly (string From, string To)[] s_cleanup =
    [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" do not", " don't"),
        (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ];

    /// <summary>What makes a text of tokens; without a decoder they are words with spaces between.</summary>
    public static Func<IEnumerable<string>, string> Read(JsonField? field)
    {
        if (field is null) return tokens => string.Join(' ', tokens);
        var steps = new List<TokenDecoder>();
        Add(field, steps);
        return tokens => string.Concat(steps.Aggregate(tokens, (t, step) => step([.. t])));
    }

    /// <summary>Makes a text of tokens that write bytes as characters.</summary>
    public static string Bytes(IEnumerable<string> tokens) => Encoding.UTF8.GetString([.. tokens.SelectMany(ByteAlphabet.Read)]);

    private static void Add(JsonField field, List<TokenDecoder> steps)
    {
        var type = field.Required("type");
        switch (type.Text())
        {
            case "Sequence":
                foreach (var item in field.Required("decoders").Items()) Add(item, steps);
                break;
            case "ByteLevel":
                steps.Add(tokens => [Bytes(tokens)]);
                break;
            case "ByteFallback":
                steps.Add(ByteFallback.Decode);
                break;
            case "Fuse":
                steps.Add(tokens => [string.Concat(tokens)]);
                break;
            case "Replace":
                var replace = Replace(field);
                steps.Add(tokens => tokens.Select(replace));
                break;
            case "Metaspace":
                var sign = field.Required("replacement").Character();
                var atFirst = MetaspaceSteps.Scheme(field) == "never" ? " " : "";
                steps.Add(tokens => tokens.Select((t, i) => t.Replace(sign, i == 0 ? atFirst : " ", StringComparison.Ordinal)));
                break;
            case "Strip":
                var content = field.Required("content").Character();
                var (start, stop) = (field.Required("start").Id(), field.Required("stop").Id());
                steps.Add(tokens => tokens.Select(t => Strip(t, content, start, stop)));
                break;
            case "WordPiece":
                var prefix = field.Required("prefix").Text();
                var cleans = field.Required("cleanup").Flag();
                steps.Add(tokens => tokens.Select((t, i) => WordPiece(t, i, prefix, cleans)));
                break;
            case "BPEDecoder":
                var suffix = field.Required("suffix").Word();
                steps.Add(tokens => tokens.Select(
                    (t, i) => t.Replace(suffix, i == tokens.Count - 1 ? "" : " ", StringComparison.Ordinal)));
                break;
            case var other:
                throw type.Unsupported(
                    other, "Sequence", "ByteLevel", "ByteFallback", "Fuse", "Replace", "Metaspace", "Strip", "WordPiece",
                    "BPEDecoder");
        }
    }

    private static Func<string, string> Replace(JsonField field)
    {
        var find = PiecePattern.Read(field.Required("pattern"));
        var content = field.Required("content").Text();
        return token =>
        {
            var segments = new List<TextSegment>();
            find(token, segments);
            if (segments.Count(s => s.Matches) * (long)content.Length > LongestToken)
                throw new InvalidDataException($"makes a token longer than {LongestToken} characters");
            return string.Concat(segments.Select(s => s.Matches ? content : token[s.Start..s.End]));
        };
    }

    private static string Strip(string token, string content, int start, int stop)
    {
        var text = token.AsSpan();
        for (var i = 0; i < start && text.StartsWith(content, StringComparison.Ordinal); i++) text = text[content.Length..];
        for (var i = 0; i < stop && text.EndsWith(content, StringComparison.Ordinal); i++) text = text[..^content.Length];
        return text.ToString();
    }

    private static string WordPiece(string token, int place, string prefix, bool cleans)
    {
        if (place > 0) token = token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..] : " " + token;
        if (cleans) foreach (var (from, to) in s_cleanup) token = token.Replace(from, to, StringComparison.Ordinal);
        return token;
    }
}
