using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace LisaOrleans.Data.Jinja;

/// <summary>JSON as values of a template, as Python's json.loads makes them.</summary>
internal static class JsonValues
{
    /// <exception cref="InvalidOperationException">A text holds half of a surrogate pair.</exception>
    public static JinjaValue Of(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => JinjaValue.Of(json.GetString()!),
        JsonValueKind.Number => Number(json.GetRawText()),
        JsonValueKind.True => BooleanValue.True,
        JsonValueKind.False => BooleanValue.False,
        JsonValueKind.Array => new ListValue([.. json.EnumerateArray().Select(Of)]),
        JsonValueKind.Object => Dict(json.EnumerateObject().Select(p => KeyValuePair.Create(p.Name, Of(p.Value)))),
        _ => NoneValue.Instance,
    };

    public static DictValue Dict(IEnumerable<KeyValuePair<string, JinjaValue>> members)
    {
        var dict = new DictValue();
        foreach (var (name, value) in members) dict.Set(JinjaValue.Of(name), value);
        return dict;
    }

    private static JinjaValue Number(string text) => text.AsSpan().ContainsAny('.', 'e', 'E')
        ? new FloatValue(double.Parse(text, CultureInfo.InvariantCulture))
        : IntegerValue.Of(BigInteger.Parse(text, CultureInfo.InvariantCulture));
}
