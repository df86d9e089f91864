using System.Globalization;
using System.Text;

namespace LisaOrleans.Bench;

/// <summary>The table and the plots of docs/quality.md.</summary>
internal static class QualityPage
{
    private const string Begin = "<!-- what `bench -- quality` measured -->";
    private const string End = "<!-- end -->";

    /// <summary>Writes them: the part of the page between its two marks, and the plots beside it.</summary>
    /// <param name="docs">The folder of the page.</param>
    /// <param name="results">What was measured.</param>
    /// <param name="steps">Steps of a run.</param>
    public static void Write(string docs, IReadOnlyList<QualityResult> results, int steps)
    {
        QualityResult[] ranked = [.. results.OrderBy(r => r.Loss)];
        var page = Path.Combine(docs, "quality.md");
        var text = File.ReadAllText(page);
        var (begin, end) = (text.IndexOf(Begin, StringComparison.Ordinal), text.IndexOf(End, StringComparison.Ordinal));
        if (begin < 0 || end < begin) throw new InvalidDataException($"{page} must hold '{Begin}' and, after it, '{End}'");
        File.WriteAllText(page, text[..(begin + Begin.Length)] + "\n" + Table(ranked, steps) + text[end..]);
        File.WriteAllText(
            Path.Combine(docs, "quality-loss.svg"),
            SvgPlot.Lines(
                "Loss on held-out data, mean of three seeds", "step",
                [.. ranked.Select(r => (r.Method, (IReadOnlyList<(double, double)>)[.. r.Curve]))]));
        File.WriteAllText(
            Path.Combine(docs, "quality-seconds.svg"),
            SvgPlot.Bars("Processor seconds of a run", "0.0", [.. ranked.Select(r => (r.Method, r.Seconds))]));
        File.WriteAllText(
            Path.Combine(docs, "quality-memory.svg"),
            SvgPlot.Bars("Peak memory of the process, MB", "0", [.. ranked.Select(r => (r.Method, r.Bytes / 1e6))]));
    }

    private static string Table(QualityResult[] ranked, int steps)
    {
        var text = new StringBuilder();
        Line($"{steps} steps of 8 x 128 tokens; mean of {QualityMethods.Seeds.Count} seeds ± standard deviation, best first.");
        Line($"");
        Line($"| method | loss | learning rate | processor s | peak MB |");
        Line($"|---|---|---|---|---|");
        foreach (var r in ranked)
            Line($"| {r.Method} | {r.Loss:0.000} ± {r.Spread:0.000} | {r.Rate:0.####}{Edge(r)} | {r.Seconds:0.0} | {r.Bytes / 1e6:0} |");
        Line($"");
        Line($"Loss by learning rate, with the seed that only chose it (– where the run diverged; * the best is at the edge of the grid):");
        Line($"");
        Line($"| method | {string.Join(" | ", QualityMethods.Rates.Select(r => r.ToString("0.####", CultureInfo.InvariantCulture)))} |");
        Line($"|---|{string.Concat(QualityMethods.Rates.Select(_ => "---|"))}");
        foreach (var r in ranked) Line($"| {r.Method} | {string.Join(" | ", QualityMethods.Rates.Select(rate => Loss(r.Tried[rate])))} |");
        Line($"");
        foreach (var plot in (string[])["loss", "seconds", "memory"]) Line($"![{plot}](quality-{plot}.svg)");
        return text.ToString();

        void Line(FormattableString line) => text.Append(FormattableString.Invariant(line)).Append('\n');
    }

    private static string Edge(QualityResult result) =>
        result.Rate == QualityMethods.Rates[0] || result.Rate == QualityMethods.Rates[^1] ? " *" : "";

    private static string Loss(double loss) => double.IsFinite(loss) ? loss.ToString("0.000", CultureInfo.InvariantCulture) : "–";
}
