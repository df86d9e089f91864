using System.Globalization;
using System.Numerics;

namespace LisaOrleans.Data.Jinja;

/// <summary>Jinja's make_attrgetter: an attribute by a path such as <c>function.name</c> or <c>0.id</c>.</summary>
internal static class Getter
{
    /// <param name="state">The rendering.</param>
    /// <param name="attribute">The path, a single key, or null or None for the element itself.</param>
    /// <param name="missing">What replaces an undefined part; null keeps it undefined.</param>
    /// <param name="ignoreCase">Whether texts are returned in lower case, for sorting.</param>
    public static Func<JinjaValue, JinjaValue> Of(RenderState state, JinjaValue? attribute, JinjaValue? missing = null, bool ignoreCase = false)
    {
        var parts = Parts(attribute);
        return item =>
        {
            foreach (var part in parts)
            {
                item = Access.Item(state, item, part);
                if (item is UndefinedValue && missing is not null) item = missing;
            }

            return ignoreCase && item is TextValue text ? state.Text(TextCase.Lower(text.Text)) : item;
        };
    }

    private static List<JinjaValue> Parts(JinjaValue? attribute) => attribute switch
    {
        null or NoneValue => [],
        TextValue path => [.. path.Text.Split('.').Select(p => p.Length > 0 && p.All(char.IsAsciiDigit)
            ? (JinjaValue)IntegerValue.Of(BigInteger.Parse(p, CultureInfo.InvariantCulture))
            : new TextValue(p))],
        _ => [attribute],
    };
}
