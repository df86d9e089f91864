using Microsoft.AspNetCore.Http;

namespace LisaOrleans.Api;

/// <summary>Which page of a list is wanted.</summary>
/// <param name="After">Id of the last entry of the page before; null for the first page.</param>
/// <param name="Limit">The largest number of entries.</param>
/// <param name="Ascending">Whether the oldest come first.</param>
internal sealed record ApiPage(string? After, int Limit, bool Ascending)
{
    /// <summary>Reads <c>after</c>, <c>limit</c> and <c>order</c>.</summary>
    /// <param name="request">The request.</param>
    /// <param name="defaultLimit">The limit if none is given.</param>
    /// <param name="largestLimit">The largest limit that is allowed.</param>
    /// <param name="others">Names of what else the query may hold.</param>
    /// <exception cref="ApiException">A value is wrong, or something else is given.</exception>
    public static ApiPage From(HttpRequest request, int defaultLimit, int largestLimit, params string[] others)
    {
        ApiQuery.Allow(request, ["after", "limit", "order", .. others]);
        var limit = (int)(ApiQuery.Integer(request, "limit", 1, largestLimit) ?? defaultLimit);
        return new ApiPage(ApiQuery.One(request, "after"), limit, ApiQuery.Word(request, "order", "asc", "desc") == "asc");
    }

    /// <summary>This page of a whole list.</summary>
    /// <param name="all">The list, in the order of the page.</param>
    /// <param name="id">The id of an entry.</param>
    /// <param name="isShown">
    /// Whether an entry is in pages; one that is not, since it has gone, is a place in the list all the same. Null (default) for all.
    /// </param>
    /// <exception cref="ApiException">The list has no entry to begin after.</exception>
    public ApiList<T> Of<T>(IReadOnlyList<T> all, Func<T, string> id, Func<T, bool>? isShown = null)
    {
        var start = 0;
        if (After is { } after)
        {
            start = 1;
            while (start <= all.Count && id(all[start - 1]) != after) start++;
            if (start > all.Count)
            {
                throw ApiException.Invalid(
                    $"Invalid value for 'after': there is no '{ApiText.Shorten(after)}' in this list.", "after", "invalid_value");
            }
        }

        var rest = all.Skip(start).Where(isShown ?? (_ => true)).Take(Limit + 1).ToArray();
        var page = rest.Take(Limit).ToArray();
        return new ApiList<T>
        {
            Data = page,
            FirstId = page.Length > 0 ? id(page[0]) : null,
            LastId = page.Length > 0 ? id(page[^1]) : null,
            HasMore = rest.Length > page.Length,
        };
    }
}
