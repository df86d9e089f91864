namespace LisaOrleans.Data;

/// <summary>What finding merges by cutting tokens everywhere may cost.</summary>
internal static class MergeLists
{
    // Each of a token's cuts is looked up, which takes as long as the token; real vocabularies need a hundredth of this.
    private const long MostWork = 1L << 31;

    /// <summary>Refuses tokens that would take minutes.</summary>
    /// <exception cref="InvalidDataException">They are too long.</exception>
    public static void CheckLengths(IEnumerable<string> tokens)
    {
        var work = 0.0;
        foreach (var token in tokens) work += (double)token.Length * token.Length;
        if (work > MostWork) throw new InvalidDataException("has tokens that are too long to find their merges");
    }
}
