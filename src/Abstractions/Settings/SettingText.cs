using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace LisaOrleans;

/// <summary>Values of settings as text and back, the same in every culture.</summary>
internal static partial class SettingText
{
    public static string Format(object? value) => value switch
    {
        null => "",
        bool flag => flag ? "true" : "false",
        double number => Exponent().Replace(number.ToString("R", CultureInfo.InvariantCulture), "e$1"),
        IEnumerable<int> numbers => string.Join(',', numbers),
        IEnumerable<string> names => string.Join(',', names),
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    /// <summary>Reads a text as a value of a type.</summary>
    /// <returns>False if it is none.</returns>
    public static bool TryParse(string text, Type type, out object? value)
    {
        value = null;
        if (type == typeof(string)) value = text;
        else if (type == typeof(bool)) value = bool.TryParse(text, out var flag) ? flag : null;
        else if (type == typeof(double)) value = Number<double>(text, NumberStyles.Float);
        else if (type == typeof(int)) value = Number<int>(text, NumberStyles.AllowLeadingSign);
        else if (type == typeof(long)) value = Number<long>(text, NumberStyles.AllowLeadingSign);
        else if (type == typeof(ulong)) value = Number<ulong>(text, NumberStyles.None);
        else if (type == typeof(IReadOnlyList<int>)) value = Integers(text);
        else if (type == typeof(IReadOnlyList<string>)) value = Names(text);
        else throw new NotSupportedException($"a setting cannot be a {type}");
        return value is not null;
    }

    private static T? Number<T>(string text, NumberStyles styles)
        where T : struct, INumber<T> =>
        T.TryParse(text, styles, CultureInfo.InvariantCulture, out var number) && T.IsFinite(number) ? number : null;

    private static string[] Names(string text) => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static int[]? Integers(string text)
    {
        if (text.Length == 0) return [];
        var parts = text.Split(',');
        var numbers = new int[parts.Length];
        for (var i = 0; i < parts.Length; i++)
            if (!int.TryParse(parts[i].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i])) return null;
        return numbers;
    }

    [GeneratedRegex("E([+-]?)0*")]
    private static partial Regex Exponent();
}
