using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace LisaOrleans.Api;

/// <summary>Reads a URL's query strictly: one error names the parameter, and says what would be right. An empty value counts as absent.</summary>
internal static class ApiQuery
{
    private const string InvalidValue = "invalid_value";

    // Clients for Azure's own service send it with every request.
    private const string AzureVersion = "api-version";

    /// <summary>Refuses parameters that nobody reads: one that is misspelt would change the answer without a word.</summary>
    /// <param name="request">The request.</param>
    /// <param name="names">Those that are read. One such as <c>metadata[]</c> stands for all <c>metadata[KEY]</c>.</param>
    /// <exception cref="ApiException">Another one is given.</exception>
    public static void Allow(HttpRequest request, params string[] names)
    {
        foreach (var given in request.Query.Keys)
        {
            if (given == AzureVersion || names.Any(n => Is(n, given))) continue;
            var meant = names is [] ? "; this request takes no parameters."
                : NearestName.Of(given, names) is { } near ? $"; did you mean '{Shown(near)}'?"
                : $"; the query takes {Shown(string.Join(", ", names))}.";
            var name = ApiText.Shorten(given);
            throw ApiException.Invalid($"Unknown parameter: '{name}'{meant}", name, "unknown_parameter");
        }
    }

    /// <summary>A value that may be given only once; null where it is missing or empty.</summary>
    /// <param name="request">The request.</param>
    /// <param name="name">The parameter.</param>
    /// <exception cref="ApiException">It is given more than once.</exception>
    public static string? One(HttpRequest request, string name) => request.Query[name] switch
    {
        { Count: 0 } => null,
        { Count: 1 } values => values[0] is { Length: > 0 } value ? value : null,
        _ => throw ApiException.Invalid($"'{name}' is given more than once.", name, InvalidValue),
    };

    /// <summary>A whole number; null where it is missing.</summary>
    /// <param name="request">The request.</param>
    /// <param name="name">The parameter.</param>
    /// <param name="least">The least that is allowed.</param>
    /// <param name="most">The most that is allowed; without one, all numbers of 64 bits are.</param>
    /// <exception cref="ApiException">It is none, or not within the limits.</exception>
    public static long? Integer(HttpRequest request, string name, long least, long most = long.MaxValue)
    {
        if (One(request, name) is not { } text) return null;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
            return number;
        var wanted = most == long.MaxValue ? $"of at least {least}" : $"from {least} to {most}";
        throw ApiException.Invalid($"Invalid value for '{name}': must be a whole number {wanted}.", name, InvalidValue);
    }

    /// <summary>One of some words; null where it is missing.</summary>
    /// <param name="request">The request.</param>
    /// <param name="name">The parameter.</param>
    /// <param name="words">The words.</param>
    /// <exception cref="ApiException">It is another one.</exception>
    public static string? Word(HttpRequest request, string name, params string[] words) =>
        One(request, name) is not { } word ? null
        : words.Contains(word) ? word
        : throw ApiException.Invalid($"Invalid value for '{name}': must be {string.Join(" or ", words)}.", name, InvalidValue);

    private static string Shown(string names) => names.Replace("[]", "[KEY]", StringComparison.Ordinal);

    // As the names of a query compare for ASP.NET.
    private static bool Is(string name, string given) => name.EndsWith("[]", StringComparison.Ordinal)
        ? given.Length > name.Length && given.EndsWith(']') && given.StartsWith(name[..^1], StringComparison.OrdinalIgnoreCase)
        : given.Equals(name, StringComparison.OrdinalIgnoreCase);
}
