using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace LisaOrleans.Data;

/// <summary>
/// Reads files of tiktoken: a line for each token with its bytes in Base64 and its rank. They do not say how text is cut; the
/// number of tokens tells.
/// </summary>
internal static class TiktokenReader
{
    private const string Cl100k =
        @"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s";

    private const int QwenTokens = 151_643;

    // By the number of tokens: the model that has them, how it cuts text, and its special tokens, as they are numbered after
    // the others. Of Llama 3's 256, only those with the same name in all of its versions.
    private static readonly Dictionary<int, (string Name, string Expression, (int Number, string Text)[] Special)> s_known = new()
    {
        [50_256] = ("GPT-2", KnownPatterns.Gpt2, [(0, "<|endoftext|>")]),
        [100_256] = ("cl100k_base", Cl100k, [(1, "<|endoftext|>")]),
        [128_000] = ("Llama 3", KnownPatterns.Gpt4,
        [
            (0, "<|begin_of_text|>"), (1, "<|end_of_text|>"), (6, "<|start_header_id|>"), (7, "<|end_header_id|>"),
            (9, "<|eot_id|>"),
        ]),
        [QwenTokens] = ("Qwen", KnownPatterns.Qwen, [(0, "<|endoftext|>"), (1, "<|im_start|>"), (2, "<|im_end|>")]),
        [199_998] = ("o200k_base", KnownPatterns.Gpt4o, [(1, "<|endoftext|>")]),
    };

    /// <summary>Whether a file looks like one of tiktoken, whatever its name.</summary>
    public static bool Recognizes(ReadOnlySpan<byte> content)
    {
        var end = content.IndexOf((byte)'\n');
        var line = end < 0 ? content : content[..end];
        var space = line.IndexOf((byte)' ');
        if (space <= 0 || !Base64.IsValid(line[..space])) return false;
        var rank = line[(space + 1)..].TrimEnd((byte)'\r');
        return int.TryParse(rank, NumberStyles.None, CultureInfo.InvariantCulture, out _);
    }

    public static ITokenizer Read(string path, ReadOnlySpan<byte> content, TokenizerConfig config)
    {
        var tokens = new List<byte[]>();
        foreach (var line in Encoding.UTF8.GetString(content).AsSpan().EnumerateLines())
            if (!line.IsEmpty) tokens.Add(Token(path, line, tokens.Count));
        if (!s_known.TryGetValue(tokens.Count, out var known))
        {
            var names = string.Join(", ", s_known.Select(k => $"{k.Value.Name} ({k.Key})"));
            throw new TokenizerException(
                path, $"is a file of tiktoken with {tokens.Count} tokens, which does not say how text is cut; supported: "
                    + $"{names}; with a tokenizer.json beside it, that is read");
        }

        AddedToken[] special = [.. known.Special.Select(t => new AddedToken(t.Text, tokens.Count + t.Number, true))];
        try
        {
            return RankedTokens.Tokenizer(
                path, tokens, 0, KnownPatterns.Find(known.Expression) ?? new PiecePattern(known.Expression).Find,
                tokens.Count == QwenTokens ? NormalForm.C.Apply : null, special, config);
        }
        catch (InvalidDataException e)
        {
            throw new TokenizerException(path, e.Message);
        }
    }

    private static byte[] Token(string path, ReadOnlySpan<char> line, int rank)
    {
        var space = line.IndexOf(' ');
        var bytes = new byte[line.Length];
        if (space <= 0 || !Convert.TryFromBase64Chars(line[..space], bytes, out var length) || length == 0
            || !int.TryParse(line[(space + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var written)
            || written != rank)
        {
            throw new TokenizerException(path, $"line {rank + 1}: must be a token in Base64 and its rank, {rank}");
        }

        return bytes[..length];
    }
}
