using System.Globalization;
using System.Text;

namespace LisaOrleans.Data;

/// <summary>Tokens "&lt;0x00&gt;" to "&lt;0xFF&gt;", which stand for bytes.</summary>
internal static class ByteFallback
{
    private static readonly UTF8Encoding s_strict = new(false, true);

    /// <summary>Turns byte tokens in a row into text; where that is not UTF-8, each becomes U+FFFD.</summary>
    public static IEnumerable<string> Decode(IReadOnlyList<string> tokens)
    {
        var bytes = new List<byte>();
        foreach (var token in tokens)
        {
            if (Byte(token) is { } value)
            {
                bytes.Add(value);
                continue;
            }

            if (bytes.Count > 0) yield return Text(bytes);
            bytes.Clear();
            yield return token;
        }

        if (bytes.Count > 0) yield return Text(bytes);
    }

    /// <summary>The byte that a token stands for; null for none.</summary>
    public static byte? Byte(string token) =>
        token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
        && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            ? value
            : null;

    private static string Text(List<byte> bytes)
    {
        try
        {
            return s_strict.GetString([.. bytes]);
        }
        catch (DecoderFallbackException)
        {
            return new string('\uFFFD', bytes.Count);
        }
    }
}
