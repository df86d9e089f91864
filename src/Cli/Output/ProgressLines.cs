using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary>An import's progress: one line for each thing that it does.</summary>
internal sealed class ProgressLines(bool quiet) : IProgress<ImportProgress>, IDisposable
{
    private ProgressLine? _line;
    private string? _what;

    public void Report(ImportProgress value)
    {
        if (_what != value.What)
        {
            _line?.Dispose();
            (_what, _line) = (value.What, new ProgressLine(value.What, value.Total, quiet));
        }

        _line!.Report(value.Done);
    }

    public void Dispose() => _line?.Dispose();
}
