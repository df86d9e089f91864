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

    /// <summary>What turns tokens into text; without a decoder they are words with spaces between.</summary>
    public static TextDecoder Read(JsonField? field)
    {
        if (field is null) return TextDecoder.Words;
        var steps = new List<DecoderStep>();
        Add(field, steps);
        return TextDecoder.Of(steps);
    }

    /// <summary>Turns tokens that write bytes as characters into text.</summary>
    public static string Bytes(IEnumerable<string> tokens) => Encoding.UTF8.GetString([.. tokens.SelectMany(ByteAlphabet.Read)]);

    private static void Add(JsonField field, List<DecoderStep> steps)
    {
        var type = field.Required("type");
        switch (type.Text())
        {
            case "Sequence":
                foreach (var item in field.Required("decoders").Items()) Add(item, steps);
                break;
            case "ByteLevel":
                steps.Add(new DecoderStep(tokens => [Bytes(tokens)], () => new Utf8Stream(ByteAlphabet.Read), Fuses: true));
                break;
            case "ByteFallback":
                steps.Add(new DecoderStep(ByteFallback.Decode, () => new ByteFallbackStream()));
                break;
            case "Fuse":
                steps.Add(Fuse());
                break;
            case "Replace":
                var replace = Replace(field);
                steps.Add(DecoderStep.Each((t, _) => replace(t)));
                break;
            case "Metaspace":
                var sign = field.Required("replacement").Character();
                var atFirst = MetaspaceSteps.Scheme(field) == "never" ? " " : "";
                steps.Add(DecoderStep.Each((t, i) => t.Replace(sign, i == 0 ? atFirst : " ", StringComparison.Ordinal)));
                break;
            case "Strip":
                var content = field.Required("content").Character();
                var (start, stop) = (field.Required("start").Id(), field.Required("stop").Id());
                steps.Add(DecoderStep.Each((t, _) => Strip(t, content, start, stop)) with
                {
                    StreamOfOne = content is [var character] ? () => new StripStream(character, start, stop) : null,
                });
                break;
            case "WordPiece":
                var prefix = field.Required("prefix").Text();
                var cleans = field.Required("cleanup").Flag();
                steps.Add(DecoderStep.Each((t, i) => WordPiece(t, i, prefix, cleans)));
                break;
            case "BPEDecoder":
                var suffix = field.Required("suffix").Word();
                steps.Add(new DecoderStep(
                    tokens => tokens.Select((t, i) => EndWord(t, i == tokens.Count - 1)), () => new LastTokenStream(EndWord)));
                string EndWord(string token, bool isLast) => token.Replace(suffix, isLast ? "" : " ", StringComparison.Ordinal);
                break;
            case var other:
                throw type.Unsupported(
                    other, "Sequence", "ByteLevel", "ByteFallback", "Fuse", "Replace", "Metaspace", "Strip", "WordPiece",
                    "BPEDecoder");
        }
    }

    private static DecoderStep Fuse()
    {
        Func<TokenStream> stream = () => new EachTokenStream((t, _) => t);
        return new DecoderStep(tokens => [string.Concat(tokens)], stream, Fuses: true) { StreamOfOne = stream };
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
