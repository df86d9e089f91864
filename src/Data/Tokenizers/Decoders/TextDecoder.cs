namespace LisaOrleans.Data;

/// <summary>Turns tokens into text, all at once or as they come.</summary>
/// <param name="Decode">All at once.</param>
/// <param name="Stream">As they come.</param>
internal sealed record TextDecoder(Func<IEnumerable<string>, string> Decode, Func<TokenStream> Stream)
{
    /// <summary>Of tokens that write bytes as characters.</summary>
    public static TextDecoder Bytes { get; } = new(DecoderReader.Bytes, () => new Utf8Stream(ByteAlphabet.Read));

    /// <summary>Of words, with spaces between.</summary>
    public static TextDecoder Words { get; } = new(
        tokens => string.Join(' ', tokens), () => new EachTokenStream((word, place) => place == 0 ? word : " " + word));

    /// <summary>Of steps, one after the other.</summary>
    public static TextDecoder Of(IReadOnlyList<DecoderStep> steps) => new(
        tokens => string.Concat(steps.Aggregate(tokens, (t, step) => step.Decode([.. t]))), () => new ChainedStream(Streams(steps)));

    private static TokenStream[] Streams(IReadOnlyList<DecoderStep> steps)
    {
        var isOne = false;
        var streams = new List<TokenStream>();
        foreach (var step in steps)
        {
            streams.Add((isOne ? step.StreamOfOne : step.Stream)?.Invoke() ?? new WholeStream(step.Decode, isOne));
            isOne |= step.Fuses;
        }

        return [.. streams];
    }

    private sealed class ChainedStream(TokenStream[] streams) : TokenStream
    {
        public override IEnumerable<string> Push(string token) => PushFrom(0, [token]);

        public override IEnumerable<string> Flush()
        {
            IEnumerable<string> text = [];
            for (var i = 0; i < streams.Length; i++) text = [.. text, .. PushFrom(i + 1, streams[i].Flush())];
            return text;
        }

        private IEnumerable<string> PushFrom(int first, IEnumerable<string> tokens)
        {
            foreach (var stream in streams[first..]) tokens = tokens.SelectMany(stream.Push);
            return [.. tokens];
        }
    }
}
