using System.Globalization;
using System.Text;

namespace LisaOrleans.Data.Jinja;

/// <summary>strftime in the C locale.</summary>
internal static class DateFormat
{
    public static string Apply(RenderState state, string format)
    {
        var output = new StringBuilder();
        for (var at = 0; at < format.Length; at++)
        {
            if (format[at] != '%')
            {
                output.Append(format[at]);
                continue;
            }

            var bare = at + 1 < format.Length && format[at + 1] == '-';
            at += bare ? 2 : 1;
            if (at >= format.Length) throw state.Error("strftime_now's format ends with a '%'");
            var text = Field(state, state.Now, format[at]);
            output.Append(bare ? text.TrimStart('0', ' ') is { Length: > 0 } trimmed ? trimmed : "0" : text);
        }

        return output.ToString();
    }

    private static string Field(RenderState state, DateTimeOffset now, char field) => field switch
    {
        'a' => Text(now, "ddd"),
        'A' => Text(now, "dddd"),
        'b' or 'h' => Text(now, "MMM"),
        'B' => Text(now, "MMMM"),
        'c' => $"{Text(now, "ddd MMM")} {now.Day,2} {Text(now, "HH:mm:ss yyyy")}",
        'd' => Text(now, "dd"),
        'D' or 'x' => Text(now, "MM/dd/yy"),
        'e' => $"{now.Day,2}",
        'F' => Text(now, "yyyy-MM-dd"),
        'H' => Text(now, "HH"),
        'I' => Text(now, "hh"),
        'j' => $"{now.DayOfYear:000}",
        'm' => Text(now, "MM"),
        'M' => Text(now, "mm"),
        'p' => Text(now, "tt"),
        'R' => Text(now, "HH:mm"),
        'S' => Text(now, "ss"),
        'T' or 'X' => Text(now, "HH:mm:ss"),
        'u' => $"{((int)now.DayOfWeek + 6) % 7 + 1}",
        'w' => $"{(int)now.DayOfWeek}",
        'y' => Text(now, "yy"),
        'Y' => Text(now, "yyyy"),
        '%' => "%",
        _ => throw state.Error($"strftime_now's '%{field}' is not supported"),
    };

    private static string Text(DateTimeOffset now, string format) => now.ToString($"{format}", CultureInfo.InvariantCulture);
}
