using System.Text;

namespace LisaOrleans.Data;

/// <summary>
/// GPT-2's way to write any byte as a visible character: printable bytes as they are, the others from U+0100 on.
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] s_characters = Characters();
    private static readonly Dictionary<char, byte> s_bytes =
        s_characters.Index().ToDictionary(c => c.Item, c => (byte)c.Index);

    /// <summary>The character of a byte.</summary>
    public static char Character(byte value) => s_characters[value];

    /// <summary>Writes the bytes of a text, each as its character; there is room for all.</summary>
    public static void Write(ReadOnlySpan<char> text, Span<char> characters)
    {
        var at = 0;
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
            foreach (var b in utf8[..rune.EncodeToUtf8(utf8)]) characters[at++] = s_characters[b];
    }

    /// <summary>The bytes of a token; for a token with other characters (an added token), its UTF-8.</summary>
    public static byte[] Read(string token) =>
        token.All(s_bytes.ContainsKey) ? [.. token.Select(c => s_bytes[c])] : Encoding.UTF8.GetBytes(token);

    /// <summary>The token of bytes.</summary>
    public static string Write(ReadOnlySpan<byte> bytes)
    {
        var token = new char[bytes.Length];
        for (var i = 0; i < bytes.Length; i++) token[i] = s_characters[bytes[i]];
        return new string(token);
    }

    private static char[] Characters()
    {
        var next = 0x100;
        return [.. Enumerable.Range(0, 256).Select(b => (char)(IsPrintable(b) ? b : next++))];

        static bool IsPrintable(int b) => b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE;
    }
}
