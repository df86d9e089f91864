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
}
