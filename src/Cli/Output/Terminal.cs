using Spectre.Console;

namespace LisaOrleans.Cli;

/// <summary>What standard output can show, be it a terminal, a file or a pipe.</summary>
internal static class Terminal
{
    private const int WholeLines = 10_000;

    /// <summary>Whether the terminal can do nothing but print lines.</summary>
    public static bool IsDumb => Environment.GetEnvironmentVariable("TERM") == "dumb";

    /// <summary>Whether colours are seen.</summary>
    public static bool HasColours => !Console.IsOutputRedirected && !IsDumb
        && AnsiConsole.Profile.Capabilities is { Ansi: true, ColorSystem: not ColorSystem.NoColors };

    /// <summary>Lines that go to another program are not to be broken, as if its reader had 80 columns.</summary>
    public static void Prepare()
    {
        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = WholeLines;
    }

    /// <summary>As many pieces as fit on one line: one that wraps could not be erased. The first is cut where it is too long.</summary>
    /// <param name="room">The columns that there are, at least one.</param>
    /// <param name="pieces">The pieces.</param>
    public static string Fitting(int room, params IReadOnlyList<string> pieces)
    {
        var line = pieces[0].Length <= room ? pieces[0] : pieces[0][..room];
        foreach (var piece in pieces.Skip(1))
            if (line.Length + piece.Length <= room) line += piece;
        return line;
    }

    /// <summary>Other people's text without what a terminal would take for commands.</summary>
    /// <param name="text">The text.</param>
    /// <param name="kept">Control characters that do no harm.</param>
    public static string Clean(string text, string kept = "\n\t") =>
        string.Concat(text.Select(c => char.IsControl(c) && !kept.Contains(c, StringComparison.Ordinal) ? '\uFFFD' : c));
}
