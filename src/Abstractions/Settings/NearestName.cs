namespace LisaOrleans;

/// <summary>What somebody who mistyped a name may have meant.</summary>
public static class NearestName
{
    // A beginning of fewer letters is that of many names.
    private const int ShortestBeginning = 3;

    /// <summary>
    /// The name that differs least, if by no more than one letter in three; or else the shortest that begins like it; null where none is
    /// near. Hyphens and underscores count as the same.
    /// </summary>
    /// <param name="name">What was written.</param>
    /// <param name="known">The names that there are.</param>
    public static string? Of(string name, IEnumerable<string> known)
    {
        var all = known.ToArray();
        var plain = Plain(name);
        var most = Math.Max(1, plain.Length / 3);
        var near = from k in all
                   let other = Plain(k)
                   where Math.Abs(plain.Length - other.Length) <= most
                   let distance = Distance(plain, other)
                   where distance <= most
                   orderby distance
                   select k;
        return near.FirstOrDefault()
            ?? (plain.Length < ShortestBeginning
                ? null
                : all.Where(k => Plain(k).StartsWith(plain, StringComparison.Ordinal)).MinBy(k => k.Length));
    }

    // Letters to insert, delete, replace, or swap with their neighbours: the optimal string alignment distance.
    private static int Distance(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) rows[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) rows[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = rows[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                rows[i, j] = Math.Min(replaced, Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
            }
        }

        return rows[a.Length, b.Length];
    }

    private static string Plain(string name) => name.TrimStart('-').Replace('_', '-').ToLowerInvariant();
}
