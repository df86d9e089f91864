namespace LisaOrleans.Cli;

/// <summary>What somebody who mistyped a name may have meant.</summary>
internal static class NearestName
{
    /// <summary>
    /// The name that takes the fewest changed letters; null where nearly all would change, unless one begins like it. Hyphens and
    /// underscores count as the same.
    /// </summary>
    public static string? Of(string name, IEnumerable<string> known)
    {
        var all = known.ToArray();
        var plain = Plain(name);
        var nearest = all.MinBy(k => EditDistance.Between(plain, Plain(k)));
        return nearest is not null && EditDistance.Between(plain, Plain(nearest)) <= Math.Max(1, plain.Length / 2)
            ? nearest
            : all.Where(k => Plain(k).StartsWith(plain, StringComparison.Ordinal)).MinBy(k => k.Length);
    }

    private static string Plain(string name) => name.TrimStart('-').Replace('_', '-').ToLowerInvariant();
}
