namespace LisaOrleans.Cli;

/// <summary>What somebody who mistyped a name may have meant.</summary>
internal static class NearestName
{
    /// <summary>The name that takes the fewest changed letters; hyphens and underscores count as the same.</summary>
    public static string Of(string name, IEnumerable<string> known) => known.MinBy(k => EditDistance.Between(Plain(name), Plain(k)))!;

    private static string Plain(string name) => name.Replace('_', '-').ToLowerInvariant();
}
