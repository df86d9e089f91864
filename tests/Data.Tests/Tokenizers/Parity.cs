using System.Text.Json;

namespace LisaOrleans.Data.Tests;

/// <summary>Compares a tokenizer with another implementation.</summary>
internal static class Parity
{
    private const int MostShown = 5;

    /// <summary>Fails with the inputs whose outcome differs.</summary>
    public static void Check<TIn, TOut>(IReadOnlyList<TIn> inputs, IReadOnlyList<TOut> expected, Func<TIn, TOut> actual)
    {
        var wrong = new List<string>();
        for (var i = 0; i < inputs.Count; i++)
        {
            var (want, have) = (JsonSerializer.Serialize(expected[i]), JsonSerializer.Serialize(actual(inputs[i])));
            if (want != have) wrong.Add($"{Short(JsonSerializer.Serialize(inputs[i]))}\n  expected {Short(want)}\n  actual   {Short(have)}");
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} texts differ:\n{string.Join('\n', wrong.Take(MostShown))}");
    }

    /// <summary>Fails with the texts whose ids, or decoded texts, differ.</summary>
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
            => wrong.Add($"{JsonSerializer.Serialize(Short(text))}\n  expected {Short(expected)}\n  actual   {Short(actual)}");
    }

    private static string Short(string s) => s.Length > 200 ? s[..200] : s;
}
