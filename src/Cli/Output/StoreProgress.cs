namespace LisaOrleans.Cli;

/// <summary>Progress over the blobs of a store, which several at a time report.</summary>
internal sealed class StoreProgress(string what, bool quiet) : IDisposable
{
    private readonly Lock _turn = new();
    private ProgressLine? _line;

    public void Report(int done, int total)
    {
        lock (_turn) (_line ??= new ProgressLine(what, total, quiet)).Report(done);
    }

    public void Dispose() => _line?.Dispose();
}
