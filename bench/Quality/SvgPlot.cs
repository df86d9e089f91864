using System.Globalization;
using System.Text;

namespace LisaOrleans.Bench;

/// <summary>Plots as SVG, which a page can show without anything else: lines with a legend, or bars with their numbers.</summary>
internal static class SvgPlot
{
    private const int Width = 760;
    private const int Height = 420;
    private const int Left = 60;
    private const int Top = 40;
    private const int PlotWidth = 500;
    private const int PlotHeight = 320;
    private const int Ticks = 5;

    private static readonly string[] s_colours =
    [
        "#000000", "#e6194b", "#3cb44b", "#4363d8", "#f58231", "#911eb4", "#008080", "#9a6324", "#f032e6", "#808000", "#42a5f5", "#7f7f7f",
        "#c0a000",
    ];

    /// <summary>Lines over a common axis.</summary>
    public static string Lines(string title, string x, IReadOnlyList<(string Name, IReadOnlyList<(double X, double Y)> Points)> series)
    {
        var points = series.SelectMany(s => s.Points).ToArray();
        var (xMost, yLeast, yMost) = (points.Max(p => p.X), points.Min(p => p.Y), points.Max(p => p.Y));
        var svg = Begin(title, Height);
        for (var tick = 0; tick <= Ticks; tick++)
        {
            var (share, y) = ((double)tick / Ticks, Top + (PlotHeight * (1 - ((double)tick / Ticks))));
            svg.Append(Invariant($"<line x1=\"{Left}\" x2=\"{Left + PlotWidth}\" y1=\"{y:0.#}\" y2=\"{y:0.#}\" stroke=\"#ddd\"/>"));
            Text(svg, Left - 6, y + 4, Invariant($"{yLeast + (share * (yMost - yLeast)):0.00}"), "end");
            Text(svg, Left + (share * PlotWidth), Top + PlotHeight + 18, Invariant($"{share * xMost:0}"), "middle");
        }

        Text(svg, Left + (PlotWidth / 2), Top + PlotHeight + 38, x, "middle");
        foreach (var (i, (name, line)) in series.Index())
        {
            var path = string.Join(' ', line.Select(p => Invariant(
                $"{Left + (p.X / xMost * PlotWidth):0.#},{Top + ((yMost - p.Y) / Math.Max(1e-9, yMost - yLeast) * PlotHeight):0.#}")));
            var dashes = i % 2 == 0 ? "" : " stroke-dasharray=\"6 3\"";
            svg.Append($"<polyline points=\"{path}\" fill=\"none\" stroke=\"{Colour(i)}\" stroke-width=\"2\"{dashes}/>");
            var y = Top + 10 + (i * 22);
            svg.Append($"<line x1=\"580\" x2=\"606\" y1=\"{y}\" y2=\"{y}\" stroke=\"{Colour(i)}\" stroke-width=\"2\"{dashes}/>");
            Text(svg, 612, y + 4, name, "start");
        }

        return svg.Append("</svg>\n").ToString();
    }

    /// <summary>A bar for each name, from zero.</summary>
    public static string Bars(string title, string format, IReadOnlyList<(string Name, double Value)> bars)
    {
        var most = bars.Max(b => b.Value);
        var svg = Begin(title, Top + (bars.Count * 26) + 10);
        foreach (var (i, (name, value)) in bars.Index())
        {
            var (y, length) = (Top + (i * 26), value / most * (Width - 260));
            Text(svg, 150, y + 14, name, "end");
            svg.Append(Invariant($"<rect x=\"158\" y=\"{y}\" width=\"{length:0.#}\" height=\"18\" fill=\"#4363d8\"/>"));
            Text(svg, 164 + length, y + 14, value.ToString(format, CultureInfo.InvariantCulture), "start");
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static StringBuilder Begin(string title, int height)
    {
        var svg = new StringBuilder(
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {height}\" font-family=\"sans-serif\" font-size=\"12\">");
        svg.Append($"<rect width=\"{Width}\" height=\"{height}\" fill=\"white\"/>");
        Text(svg, Width / 2, 22, title, "middle");
        return svg;
    }

    private static void Text(StringBuilder svg, double x, double y, string text, string anchor) =>
        svg.Append(Invariant($"\n<text x=\"{x:0.#}\" y=\"{y:0.#}\" text-anchor=\"{anchor}\">"))
            .Append(System.Security.SecurityElement.Escape(text)).Append("</text>");

    private static string Colour(int i) => s_colours[i % s_colours.Length];

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
