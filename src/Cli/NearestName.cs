namespace LisaOrleans.Cli;

/// <summary>What somebody who mistyped a name may have meant.</summary>
internal static class NearestName
{
    /// <summary>The name that takes the fewest letters to change; hyphens and underscores count as one.</summary>
    public static string Of(string name, IEnumerable<string> known) => known.MinBy(k => Distance(Plain(name), Plain(k)))!;

    private static string Plain(string name) => name.Replace('_', '-').ToLowerInvariant();

    // Levenshtein's distance.
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }

        return row[^1];
    }
}
