using System.Runtime.InteropServices;

namespace LisaOrleans.Cli;

/// <summary>
/// Lets SIGINT, SIGTERM and SIGHUP cancel a command, which then frees what it has: temporary files, the terminal's cursor. A second
/// signal ends the process at once.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly PosixSignalRegistration[] _signals;

    public Interruption()
    {
        // Never disposed of: a signal may still be on its way when this is.
        var cancel = new CancellationTokenSource();
        Token = cancel.Token;
        _signals = [Register(PosixSignal.SIGINT), Register(PosixSignal.SIGTERM), Register(PosixSignal.SIGHUP)];

        PosixSignalRegistration Register(PosixSignal signal) => PosixSignalRegistration.Create(signal, context =>
        {
            if (!EndingSignal.TryTake(signal)) return;
            context.Cancel = true;
            cancel.Cancel();
        });
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var signal in _signals) signal.Dispose();
    }
}
