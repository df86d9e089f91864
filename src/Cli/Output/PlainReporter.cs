namespace LisaOrleans.Cli;

/// <summary>Plain lines, for pipes and log files.</summary>
internal sealed class PlainReporter(TextWriter output) : IRunReporter
{
    private long _total;

    public void Say(string line) => output.WriteLine(line);

    public void Expect(long totalSteps, int layerCount) => _total = totalSteps;

    public void Started(RunStarted started, int layerCount) => Expect(started.TotalSteps, layerCount);

    public void Happened(TrainingEvent happened, double remaining)
    {
        if (RunText.Line(happened, _total, remaining) is { } line) output.WriteLine(line);
        if (RunText.Evaluation(happened) is { } evaluation) output.WriteLine(evaluation);
    }

    public void Sample(string when, string prompt, string text) =>
        output.WriteLine($"sample {when}: {Terminal.Clean(prompt)} -> {Terminal.Clean(text.Trim().ReplaceLineEndings(" "))}");

    public void Dispose() => output.Flush();
}
