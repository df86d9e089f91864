namespace LisaOrleans.Api;

/// <summary>A page of a list.</summary>
/// <typeparam name="T">What it lists.</typeparam>
public sealed record ApiList<T>
{
    /// <value>Always <c>list</c>.</value>
    public string Object => "list";

    /// <value>The page.</value>
    public required IReadOnlyList<T> Data { get; init; }

    /// <value>Id of the page's first entry; null for an empty page.</value>
    public string? FirstId { get; init; }

    /// <value>Id of the page's last entry, to be given as <c>after</c> for the next page.</value>
    public string? LastId { get; init; }

    /// <value>Whether there are more entries after this page.</value>
    public bool HasMore { get; init; }

    /// <summary>The same page with its entries as others see them.</summary>
    internal ApiList<TOther> With<TOther>(IReadOnlyList<TOther> data) =>
        new() { Data = data, FirstId = FirstId, LastId = LastId, HasMore = HasMore };
}
