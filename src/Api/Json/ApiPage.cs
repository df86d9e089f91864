using System.Globalization;
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
    public static ApiPage From(HttpRequest request, int defaultLimit, int largestLimit)
    {
        var limit = defaultLimit;
        if (One(request, "limit") is { } text
            && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit >= 1 && limit <= largestLimit))
        {
            throw ApiException.Invalid($"Invalid value for 'limit': must be a whole number from 1 to {largestLimit}.", "limit", "invalid_value");
        }

        var ascending = One(request, "order") switch
        {
            null or "desc" => false,
            "asc" => true,
            _ => throw ApiException.Invalid("Invalid value for 'order': must be asc or desc.", "order", "invalid_value"),
        };
        return new ApiPage(One(request, "after"), limit, ascending);
    }

    /// <summary>A value of the query that may be given only once; null if it is missing or empty.</summary>
    public static string? One(HttpRequest request, string name) => request.Query[name] switch
    {
        { Count: 0 } => null,
        { Count: 1 } values => values[0] is { Length: > 0 } value ? value : null,
        _ => throw ApiException.Invalid($"'{name}' is given more than once.", name, "invalid_value"),
    };

    /// <summary>This page of a whole list; the list must be in the order of the page.</summary>
    public ApiList<T> Of<T>(IReadOnlyList<T> all, Func<T, string> id)
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

        var page = all.Skip(start).Take(Limit).ToArray();
        return new ApiList<T>
        {
            Data = page,
            FirstId = page.Length > 0 ? id(page[0]) : null,
            LastId = page.Length > 0 ? id(page[^1]) : null,
            HasMore = start + page.Length < all.Count,
        };
    }
}
