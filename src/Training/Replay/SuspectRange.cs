namespace LisaOrleans.Training;

/// <summary>
/// Finds which of many suspects in a row are to blame, by trying what happens without some of them: first where the guilty ones end,
/// then where they begin, each by halves.
/// </summary>
public static class SuspectRange
{
    /// <summary>
    /// The first and the last one to blame. Without those between them, both included, all is well: that was tried, unless they are all
    /// suspects. Guilty ones that stand together are found exactly with at most 2 ⌈log₂ n⌉ tries for n suspects; those that do not, with
    /// the suspects between them.
    /// </summary>
    /// <param name="first">The first suspect.</param>
    /// <param name="last">The last one. Without any of them all is well.</param>
    /// <param name="isWellWithout">Tries what happens without those from the first index to the last one.</param>
    /// <param name="mostTries">After so many tries the range is left as it is.</param>
    public static async Task<(int First, int Last)> NarrowAsync(int first, int last, Func<int, int, Task<bool>> isWellWithout, int mostTries)
    {
        for (var tooFew = first - 1; last - tooFew > 1 && mostTries > 0; mostTries--)
        {
            var middle = last - ((last - tooFew) / 2);
            if (await isWellWithout(first, middle)) last = middle;
            else tooFew = middle;
        }

        for (var tooFew = last + 1; tooFew - first > 1 && mostTries > 0; mostTries--)
        {
            var middle = (first + tooFew) / 2;
            if (await isWellWithout(middle, last)) first = middle;
            else tooFew = middle;
        }

        return (first, last);
    }
}
