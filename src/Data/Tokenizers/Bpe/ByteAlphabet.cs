using System.Text;

namespace LisaOrleans.Data;

/// <summary>
/// GPT-2's way to write any byte as a visible character: printable bytes as they are, the others from U+0100 on.
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] s_characters = Characters();
    private static readonly Dictionary<char, byte> s_bytes = s_characters.Select((c, b) => (c, b)).ToDictionary(p => p.c, p => (byte)p.b);

    /// <summary>The bytes of a text, each as its character.</summary>
    public static string Write(string text) =>
        string.Create(Encoding.UTF8.GetByteCount(text), text, (target, source) =>
        {
            var bytes = Encoding.UTF8.GetBytes(source);
            for (var i = 0; i < bytes.Length; i++) target[i] = s_characters[bytes[i]];
        });

    /// <summary>The bytes of a token; of one with other characters (an added token) its UTF-8.</summary>
    public static byte[] Read(string token) =>
        token.All(s_bytes.ContainsKey) ? [.. token.Select(c => s_bytes[c])] : Encoding.UTF8.GetBytes(token);

    private static char[] Characters()
    {
        var next = 0x100;
        return [.. Enumerable.Range(0, 256).Select(b => b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE ? (char)b : (char)next++)];
    }
}
