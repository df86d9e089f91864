using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace LisaOrleans.Cli;

/// <summary>
/// A live display at the bottom of a terminal: progress, rate, time left, the loss as a curve, and which
/// layers train now and how often each has trained. Lines worth keeping scroll above it.
/// </summary>
internal sealed class LiveReporter : IRunReporter
{
    private const string Bars = "▁▂▃▄▅▆▇█";
    private const int WidestBar = 100;
    private const int Narrowest = 30;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    private readonly IAnsiConsole _console;
    private readonly List<double> _losses = [];
    private readonly Queue<(double Seconds, long Tokens)> _recent = new();
    private long _total;
    private int[] _turns = [];
    private long _drawn;
    private int _height;

    public LiveReporter(IAnsiConsole console)
    {
        _console = console;
        _console.Cursor.Hide();
    }

    public void Say(string line)
    {
        Erase();

        // The terminal itself breaks what is too long, so that a command or a path that is copied from there is whole.
        _console.Profile.Out.Writer.WriteLine(line);
    }

    public void Expect(long totalSteps, int layerCount)
    {
        _total = totalSteps;
        if (_turns.Length < layerCount) Array.Resize(ref _turns, layerCount);
    }

    public void Started(RunStarted started, int layerCount) => Expect(started.TotalSteps, layerCount);

    public void Happened(TrainingEvent happened, double remaining)
    {
        if (happened is StepCompleted { Record: var record })
        {
            _losses.Add(record.Loss);
            if (record.ActiveLayers.Count > 0) Expect(_total, record.ActiveLayers.Max() + 1);
            foreach (var layer in record.ActiveLayers) _turns[layer]++;
            _recent.Enqueue((record.Seconds, record.Tokens));
            if (_recent.Count > 20) _recent.Dequeue();
            if (RunText.Evaluation(happened) is { } evaluation) Say(evaluation);
            if (record.Step < _total && Stopwatch.GetElapsedTime(_drawn) < s_pause) return;
            Draw(record, remaining);
        }
        else if (happened is not ManifestSaved && RunText.Line(happened, _total, remaining) is { } line)
        {
            Say(line);
        }
    }

    public void Sample(string when, string prompt, string text)
    {
        Erase();
        var said = Terminal.Clean(text.Trim().ReplaceLineEndings(" "));
        _console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[dim]{when}:[/] {Terminal.Clean(prompt)} [bold]{said}[/]");
    }

    public void Dispose()
    {
        _height = 0;
        _console.Cursor.Show();
    }

    private void Draw(StepRecord record, double remaining)
    {
        Erase();
        _drawn = Stopwatch.GetTimestamp();
        var room = Math.Max(Narrowest, _console.Profile.Width - 1);
        var count = string.Create(CultureInfo.InvariantCulture, $"{record.Step}/{_total}");
        var width = Math.Clamp(room - count.Length - 3, 1, WidestBar);
        var filled = (int)Math.Min(width, width * record.Step / Math.Max(1, _total));
        var rate = _recent.Sum(r => r.Tokens) / Math.Max(1e-9, _recent.Sum(r => r.Seconds));

        // Shows how far the run is even without colours.
        _console.MarkupLine($"  [green]{new string('━', filled)}[/][grey]{new string('┄', width - filled)}[/] {count}");
        _console.WriteLine(Terminal.Fitting(
            room,
            string.Create(CultureInfo.InvariantCulture, $"  loss {record.Loss:0.0000}"),
            $"  {Duration.Text(TimeSpan.FromSeconds(remaining))} left",
            string.Create(CultureInfo.InvariantCulture, $"  {rate:0} tokens/s"),
            string.Create(CultureInfo.InvariantCulture, $"  lr {record.LearningRate:0.0e+00}"),
            string.Create(CultureInfo.InvariantCulture, $"  grad {record.GradNorm:0.00}")));
        _console.MarkupLine($"  [yellow]{Curve(width)}[/]");
        _console.MarkupLine($"  {Map(record.ActiveLayers, room - 2)}");
        _height = 4;
    }

    // The mean loss of each of as many stretches of the run as there are columns.
    private string Curve(int width)
    {
        var columns = Math.Min(width, _losses.Count);
        var means = Enumerable.Range(0, columns).Select(c =>
        {
            var (from, to) = (c * _losses.Count / columns, (c + 1) * _losses.Count / columns);
            return _losses.GetRange(from, Math.Max(1, to - from)).Average();
        }).ToArray();
        var (low, high) = (means.Min(), means.Max());
        return string.Concat(means.Select(m => Bars[(int)Math.Min(7, 8 * (m - low) / Math.Max(1e-9, high - low))]));
    }

    // One character a layer: how often it has trained so far; the ones at work now stand out.
    private string Map(IReadOnlyList<int> active, int room)
    {
        var most = _turns.Append(1).Max();
        var cells = _turns.Select((turns, layer) =>
        {
            var bar = Bars[Math.Min(7, 8 * turns / (most + 1))];
            return active.Contains(layer) ? $"[bold green]{bar}[/]" : $"[grey]{bar}[/]";
        });
        var (map, now) = ($"layers {string.Concat(cells)}", $"training now: {RunText.Layers(active)}");
        var length = "layers ".Length + _turns.Length;
        return length + 2 + now.Length <= room ? $"{map}  {now}"
            : now.Length <= room ? now
            : length <= room ? map
            : $"{active.Count} of {_turns.Length} layers are training";
    }

    private void Erase()
    {
        for (; _height > 0; _height--) _console.Write(new ControlCode("\u001b[1A\u001b[2K"));
    }
}
