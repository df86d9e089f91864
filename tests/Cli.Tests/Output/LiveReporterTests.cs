using System.Text.RegularExpressions;
using Spectre.Console;

namespace LisaOrleans.Cli.Tests;

public sealed partial class LiveReporterTests
{
    public static TheoryData<int, int, ColorSystemSupport> Terminals
    {
        get
        {
            var data = new TheoryData<int, int, ColorSystemSupport>();
            data.AddRange(
                from width in (int[])[40, 60, 80, 200]
                from layers in (int[])[4, 32, 80]
                from colours in (ColorSystemSupport[])[ColorSystemSupport.NoColors, ColorSystemSupport.TrueColor]
                select (width, layers, colours));
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Terminals))]
    public void Happened_no_line_is_wider_than_the_terminal_and_the_bar_shows_how_far_the_run_is(int width, int layers, ColorSystemSupport colours)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            ColorSystem = colours,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(text),
        });
        console.Profile.Width = width;
        using (var reporter = new LiveReporter(console))
        {
            reporter.Started(new RunStarted(0, 1000, 1), layers);
            reporter.Happened(new StepCompleted(Step(1000, layers)), remaining: 123_456);
        }

        // The last step of the run: the bar is full.
        var lines = Commands().Replace(text.ToString(), "").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4, lines.Length);
        Assert.All(lines, l => Assert.InRange(l.TrimEnd().Length, 1, width - 1));
        Assert.EndsWith(" 1000/1000", lines[0].TrimEnd(), StringComparison.Ordinal);
        Assert.DoesNotContain('┄', lines[0]);
        Assert.Contains("loss 1.2345", lines[1], StringComparison.Ordinal);
        Assert.Contains("h left", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Say_long_line_is_not_broken_so_that_it_can_be_copied()
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.Yes, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = 60;
        const string Line = "try it: lisa generate --model /a/folder/whose/name/takes/much/of/the/line --prompt \"[a] {b}\"";
        using (var reporter = new LiveReporter(console)) reporter.Say(Line);
        Assert.Contains(Line + Environment.NewLine, text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Happened_without_colours_what_is_left_looks_otherwise_than_what_is_done()
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings { Ansi = AnsiSupport.Yes, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = 60;
        using (var reporter = new LiveReporter(console))
        {
            reporter.Started(new RunStarted(0, 1000, 1), 4);
            reporter.Happened(new StepCompleted(Step(250, 4)), remaining: 9);
        }

        var bar = Commands().Replace(text.ToString(), "").Split('\n')[0];
        Assert.InRange(bar.Count(c => c == '━') / (double)bar.Count(c => c is '━' or '┄'), 0.2, 0.3);
    }

    // The steps of a fork's parent come before the fork is started; a run may also have forgotten its starts.
    [Fact]
    public void Happened_steps_before_the_first_start_are_shown_with_what_is_expected()
    {
        var (plain, live) = Shown([r => r.Expect(40, 4)], Step(10, 4));
        Assert.StartsWith("step 10/40  loss ", plain[0], StringComparison.Ordinal);
        Assert.EndsWith(" 10/40", live[0].TrimEnd(), StringComparison.Ordinal);
        Assert.Equal("  layers ▅▁▁▅  training now: 0,3", live[3].TrimEnd());

        (plain, live) = Shown([r => r.Expect(40, 4), r => r.Started(new RunStarted(10, 50, 1), 4)], Step(10, 4));
        Assert.StartsWith("step 10/50  loss ", plain[0], StringComparison.Ordinal);
        Assert.EndsWith(" 10/50", live[0].TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public void Happened_of_a_run_of_which_nothing_is_known_shows_the_layers_that_have_trained()
    {
        Assert.Equal("  layers ▅▁▁▅  training now: 0,3", Shown([], Step(10, 4)).Live[3].TrimEnd());
        Assert.Equal("  layers   training now: none", Shown([], Step(10, 0)).Live[3].TrimEnd());
        Assert.Equal("  layers ▁▁▁▁  training now: none", Shown([r => r.Expect(40, 4)], Step(10, 0)).Live[3].TrimEnd());
    }

    private static (string[] Plain, string[] Live) Shown(Action<IRunReporter>[] before, StepRecord step)
    {
        using var plain = new StringWriter();
        using var live = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            ColorSystem = ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(live),
        });
        console.Profile.Width = 60;
        foreach (var reporter in (IRunReporter[])[new PlainReporter(plain), new LiveReporter(console)])
        {
            foreach (var say in before) say(reporter);
            reporter.Happened(new StepCompleted(step), remaining: 9);
            reporter.Dispose();
        }

        return (Lines(plain), Lines(live));

        static string[] Lines(StringWriter text) =>
            Commands().Replace(text.ToString(), "").ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static StepRecord Step(long step, int layers) => new()
    {
        Step = step,
        Loss = 1.2345,
        LearningRate = 5e-5,
        GradNorm = 12.34,
        Epoch = 0.5,
        ActiveLayers = [.. Enumerable.Range(0, layers).Where(l => l % 3 == 0)],
        Tokens = 123_456,
        Samples = [],
        Seconds = 0.25,
    };

    [GeneratedRegex("\u001b\\[[0-9;?]*[A-Za-z]")]
    private static partial Regex Commands();
}
