using System.Globalization;

namespace LisaOrleans.Cli;

/// <summary>A file with a whole number on each line, as people cut them out of ledger.jsonl.</summary>
internal static class NumberFile
{
    /// <summary>The numbers, in the order of their lines; empty lines do not count.</summary>
    /// <param name="path">The file.</param>
    /// <param name="place">Where it was named, for messages.</param>
    /// <exception cref="UsageException">There is no such file, it is empty, or a line is no number.</exception>
    public static IReadOnlyList<int> Read(string path, string place)
    {
        var numbers = new List<int>();
        foreach (var (index, line) in NamedFile.ReadText(path, place).Split('\n').Index())
        {
            if (line.AsSpan().Trim() is not { Length: > 0 } text) continue;
            numbers.Add(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? number
                : throw new UsageException($"{path}: line {index + 1}: '{Shorten(line)}' must be a whole number of at least 0"));
        }

        return numbers.Count > 0 ? numbers : throw new UsageException($"{path}: holds no numbers");
    }

    /// <summary>The same as one text, with commas between.</summary>
    public static string ReadList(string path, string place) => string.Join(',', Read(path, place));

    private static string Shorten(string line) => line.Length <= 100 ? line : line[..100] + "…";
}
