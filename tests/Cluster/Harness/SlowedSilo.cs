namespace LisaOrleans.Cluster;

/// <summary>
/// Lets a silo work in every other moment only, which makes it half as fast: a machine that others use as well. At full speed again when
/// disposed.
/// </summary>
internal sealed class SlowedSilo : IAsyncDisposable
{
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(10);

    private readonly SiloProcess _silo;
    private readonly Thread _thread;
    private volatile bool _done;

    public SlowedSilo(SiloProcess silo)
    {
        _silo = silo;

        // Not a task: on a busy machine its turns would come late, and at different times.
        _thread = new Thread(Alternate) { IsBackground = true, Name = "slowed silo", Priority = ThreadPriority.Highest };
        _thread.Start();
    }

    public ValueTask DisposeAsync()
    {
        _done = true;
        _thread.Join();
        return ValueTask.CompletedTask;
    }

    private void Alternate()
    {
        while (!_done && _silo.Running)
        {
            _silo.Freeze();
            Thread.Sleep(s_moment);
            _silo.Thaw();
            Thread.Sleep(s_moment);
        }
    }
}
