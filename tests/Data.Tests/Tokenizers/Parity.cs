using System.Text.Json;

namespace LisaOrleans.Data.Tests;

/// <summary>Compares a tokenizer with another implementation.</summary>
internal static class Parity
{
    private const int MostShown = 12;

    /// <summary>Fails with the texts that have other ids, or other texts when decoded.</summary>
    public static void Check(ITokenizer tokenizer, RustTokenizer rust, IEnumerable<string> texts)
    {
        var wrong = new List<string>();
        foreach (var text in texts)
        {
            var expected = rust.Encode(text);
            int[] prefix = tokenizer is { AddBosToken: true, BosTokenId: { } bos } ? [bos] : [];
            var actual = tokenizer.EncodeWithSpecialTokens(text);
            if (!expected.AsSpan().SequenceEqual([.. prefix, .. actual])) Add(text, string.Join(' ', expected), string.Join(' ', actual));
            else if (rust.Decode(expected) is var decoded && decoded != tokenizer.Decode(expected)) Add(text, decoded, tokenizer.Decode(expected));
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} texts differ:\n{string.Join('\n', wrong.Take(MostShown))}");

        void Add(string text, string expected, string actual)
        {
            static string Short(string s) => s.Length > 400 ? s[..400] : s;
            wrong.Add($"{JsonSerializer.Serialize(Short(text))}\n  expected {Short(expected)}\n  actual   {Short(actual)}");
        }
    }
}
