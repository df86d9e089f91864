namespace LisaOrleans.Data.Jinja;

/// <summary>Python's sorted(): stable, also in reverse.</summary>
internal static class Sorting
{
    public static List<T> Sort<T>(RenderState state, IReadOnlyList<T> items, Func<T, JinjaValue> key, bool reverse)
    {
        var keyed = items.Select((item, i) => (Item: item, Key: key(item), Place: i)).ToList();
        try
        {
            keyed.Sort((x, y) =>
            {
                var order = Comparison.Order(state, x.Key, y.Key) ?? 0;
                return order == 0 ? x.Place.CompareTo(y.Place) : reverse ? -order : order;
            });
        }
        catch (InvalidOperationException e) when (e.InnerException is JinjaException inner)
        {
            // List.Sort wraps what its comparison throws.
            throw new JinjaException(inner.Problem, inner.Line);
        }

        return [.. keyed.Select(k => k.Item)];
    }
}
