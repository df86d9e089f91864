namespace LisaOrleans.Data;

/// <summary>
/// Tokens of bytes in the order in which they are merged, as tiktoken keeps them: of all neighbours that make a token, those
/// whose token comes first are merged first, and a piece that is a token becomes that token.
/// </summary>
internal static class RankedTokens
{
    /// <summary>The tokenizer that they make.</summary>
    /// <param name="file">The file that they come from.</param>
    /// <param name="tokens">The tokens.</param>
    /// <param name="firstId">The first one's id.</param>
    /// <param name="expression">Cuts a text into pieces.</param>
    /// <param name="normalizer">Changes the text beforehand; null where nothing does.</param>
    /// <param name="special">Special tokens that are the file's own.</param>
    /// <param name="config">What the files beside it say.</param>
    /// <exception cref="InvalidDataException">A token is there twice, or a byte is missing.</exception>
    public static TextTokenizer Tokenizer(
        string file, IReadOnlyList<byte[]> tokens, int firstId, SegmentFinder expression, TextNormalizer? normalizer,
        IReadOnlyList<AddedToken> special, TokenizerConfig config)
    {
        var vocabulary = new Dictionary<string, int>(tokens.Count);
        foreach (var token in tokens)
            if (!vocabulary.TryAdd(ByteAlphabet.Write(token), firstId + vocabulary.Count))
                throw new InvalidDataException($"has the token of rank {vocabulary.Count} twice");
        for (var b = 0; b < 256; b++)
            if (!vocabulary.ContainsKey($"{ByteAlphabet.Character((byte)b)}"))
                throw new InvalidDataException($"has no token of the byte {b}");

        var added = config.Added(special, vocabulary);
        var bos = Find("bos_token", config.BosToken, "<|begin_of_text|>", "<s>");
        return new TextTokenizer(new TokenizerParts
        {
            File = file,
            Added = added,
            Normalizer = normalizer,
            Steps = [pieces => pieces.Cut(expression, SplitBehavior.Isolated)],
            Model = new BpeModel(vocabulary, Merges(vocabulary, firstId), new BpeOptions { WholeFirst = true }, true, null),
            Decoder = TextDecoder.Bytes,
            BosTokenId = bos,
            EosTokenId = Find("eos_token", config.EosToken, "<|end_of_text|>", "</s>", "<|endoftext|>") ?? config.ModelsEnd(added),
            AddBosToken = bos is not null && (config.AddBosToken ?? true),
        });

        // The token that the config names, else one with a name that models usually give it.
        int? Find(string name, string? text, params string[] usual)
        {
            if (text is null) return special.FirstOrDefault(t => usual.Contains(t.Content))?.Id;
            return added.FirstOrDefault(t => t.Content == text)?.Id
                ?? throw new TokenizerException(file, $"has no token '{text}', the {name} of tokenizer_config.json");
        }
    }

    private static PairTable Merges(Dictionary<string, int> vocabulary, int firstId)
    {
        MergeLists.CheckLengths(vocabulary.Keys);
        var lookup = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        var merges = new List<(int Left, int Right, int Id)>();
        foreach (var (token, id) in vocabulary)
        {
            for (var at = 1; at < token.Length; at++)
            {
                if (!lookup.TryGetValue(token.AsSpan(0, at), out var left)) continue;
                if (lookup.TryGetValue(token.AsSpan(at), out var right)) merges.Add((left, right, id));
            }
        }

        var table = new PairTable(merges.Count);
        foreach (var (left, right, id) in merges) table.Set(left, right, id - firstId, id);
        return table;
    }
}
