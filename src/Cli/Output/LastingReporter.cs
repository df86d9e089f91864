namespace LisaOrleans.Cli;

/// <summary>Continues silently when nobody is listening any more: a terminal that hung up, a pipe whose reader is gone.</summary>
internal sealed class LastingReporter(IRunReporter inner) : IRunReporter
{
    private bool _gone;

    public void Say(string line) => Try(() => inner.Say(line));

    public void Expect(long totalSteps, int layerCount) => Try(() => inner.Expect(totalSteps, layerCount));

    public void Started(RunStarted started, int layerCount) => Try(() => inner.Started(started, layerCount));

    public void Happened(TrainingEvent happened, double remaining) => Try(() => inner.Happened(happened, remaining));

    public void Sample(string when, string prompt, string text) => Try(() => inner.Sample(when, prompt, text));

    public void Dispose() => Try(inner.Dispose);

    private void Try(Action show)
    {
        if (_gone) return;
        try
        {
            show();
        }
        catch (IOException)
        {
            _gone = true;
        }
    }
}
