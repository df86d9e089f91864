using System.Text.RegularExpressions;

namespace LisaOrleans.Data;

/// <summary>Cuts special tokens out of a template's text.</summary>
internal sealed class SpecialTokenSplitter(IReadOnlyDictionary<string, int> ids)
{
    // The longest first: "<|im_start|>" must not be found as a shorter token that it begins with.
    private readonly Regex _pattern = new(
        string.Join('|', ids.Keys.Where(k => k.Length > 0).OrderByDescending(k => k.Length).Select(Regex.Escape)),
        RegexOptions.CultureInvariant);

    /// <param name="text">The text.</param>
    /// <param name="encode">Encodes what lies between, given with its place in the text.</param>
    public int[] Encode(string text, Func<string, int, int[]> encode)
    {
        var result = new List<int>();
        var at = 0;
        foreach (Match match in _pattern.Matches(text))
        {
            if (match.Length == 0) continue;
            result.AddRange(encode(text[at..match.Index], at));
            result.Add(ids[match.Value]);
            at = match.Index + match.Length;
        }

        result.AddRange(encode(text[at..], at));
        return [.. result];
    }

    /// <summary>As Encode, with the places of the tokens; between special tokens they are what ever longer prefixes decode to.</summary>
    public TokenizedText EncodeWithOffsets(string text, Func<string, int, int[]> encode, Func<IReadOnlyList<int>, string> decode)
    {
        var (result, starts, ends) = (new List<int>(), new List<int>(), new List<int>());
        var at = 0;
        foreach (Match match in _pattern.Matches(text))
        {
            if (match.Length == 0) continue;
            Between(match.Index);
            result.Add(ids[match.Value]);
            starts.Add(match.Index);
            ends.Add(at = match.Index + match.Length);
        }

        Between(text.Length);
        return new TokenizedText([.. result], [.. starts], [.. ends]);

        void Between(int end)
        {
            var part = encode(text[at..end], at);
            var from = at;
            for (var i = 0; i < part.Length; i++)
            {
                starts.Add(from);
                from = Math.Clamp(at + decode(part[..(i + 1)]).TrimEnd('\uFFFD').Length, from, end);
                ends.Add(from);
            }

            result.AddRange(part);
        }
    }
}
