using System.Globalization;

namespace LisaOrleans.Data;

/// <summary>What the Unicode character database says about taking characters apart and putting them together.</summary>
internal static class UnicodeTable
{
    static UnicodeTable()
    {
        using var stream = typeof(UnicodeTable).Assembly.GetManifestResourceStream("unicode.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#')) continue;
            var words = line.Split(' ');
            int[] codes = [.. words[1..].Select(w => int.Parse(w, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
            switch (words[0])
            {
                case "class":
                    for (var code = codes[0]; code <= codes[1]; code++) Classes[code] = codes[2];
                    break;
                case "compat":
                    CompatibleParts[codes[0]] = codes[1..];
                    break;
                default:
                    Parts[codes[0]] = codes[1..];
                    if (words[0] == "pair") Pairs[(codes[1], codes[2])] = codes[0];
                    break;
            }
        }
    }

    /// <summary>What a character is made of.</summary>
    public static Dictionary<int, int[]> Parts { get; } = [];

    /// <summary>What a character stands for, as far as forms KC and KD go.</summary>
    public static Dictionary<int, int[]> CompatibleParts { get; } = [];

    /// <summary>What two characters make.</summary>
    public static Dictionary<(int First, int Second), int> Pairs { get; } = [];

    /// <summary>The classes of combining characters, by which consecutive marks are sorted.</summary>
    public static Dictionary<int, int> Classes { get; } = [];
}
