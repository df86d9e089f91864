using System.Globalization;
using System.Text;

namespace LisaOrleans.Data.Jinja;

/// <summary>Python's escapes in a text literal.</summary>
internal static class StringLiteral
{
    /// <param name="literal">What stands between the quotes.</param>
    /// <param name="line">Its line, for errors.</param>
    public static string Read(string literal, int line)
    {
        if (!literal.Contains('\\', StringComparison.Ordinal)) return literal;
        var output = new StringBuilder();
        for (var at = 0; at < literal.Length; at++)
        {
            if (literal[at] != '\\')
            {
                output.Append(literal[at]);
                continue;
            }

            var c = literal[++at];
            var digits = c switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
            if (digits > 0)
            {
                output.Append(Code(literal, at + 1, digits, line));
                at += digits;
                continue;
            }

            if (c is >= '0' and <= '7')
            {
                var end = at;
                while (end < literal.Length && end < at + 3 && literal[end] is >= '0' and <= '7') end++;
                output.Append((char)literal[at..end].Aggregate(0, (value, digit) => (value * 8) + digit - '0'));
                at = end - 1;
                continue;
            }

            if (c == 'N') throw new JinjaException(@"the escape \N{…} in a text is not supported", line);

            // What Python does not know stays as it is.
            _ = c switch
            {
                '\n' => output,
                '\\' or '\'' or '"' => output.Append(c),
                'a' => output.Append('\a'),
                'b' => output.Append('\b'),
                'f' => output.Append('\f'),
                'n' => output.Append('\n'),
                'r' => output.Append('\r'),
                't' => output.Append('\t'),
                'v' => output.Append('\v'),
                _ => output.Append('\\').Append(c),
            };
        }

        return output.ToString();
    }

    private static string Code(string literal, int at, int digits, int line)
    {
        if (at + digits <= literal.Length
            && uint.TryParse(literal.AsSpan(at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
            && Rune.IsValid(code))
        {
            return new Rune(code).ToString();
        }

        throw new JinjaException($@"the escape \{literal[at - 1]} in a text needs {digits} hexadecimal digits of a character", line);
    }
}
