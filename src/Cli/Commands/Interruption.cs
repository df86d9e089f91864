using System.Runtime.InteropServices;

namespace LisaOrleans.Cli;

/// <summary>
/// Lets SIGINT, SIGTERM and SIGHUP cancel a command, which then frees what it has: temporary files, the terminal's cursor. A second
/// signal ends the process at once.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly PosixSignalRegistration[] _signals;
    private int _exitCode;

    public Interruption()
    {
        // Never disposed of: a signal may still be on its way when this is.
        var cancel = new CancellationTokenSource();
        Token = cancel.Token;
        _signals =
        [
            Register(PosixSignal.SIGINT, ExitCodes.Interrupted), Register(PosixSignal.SIGTERM, ExitCodes.Terminated),
            Register(PosixSignal.SIGHUP, ExitCodes.HungUp),
        ];

        PosixSignalRegistration Register(PosixSignal signal, int exitCode) => PosixSignalRegistration.Create(signal, context =>
        {
            if (Interlocked.CompareExchange(ref _exitCode, exitCode, 0) != 0) return;
            context.Cancel = true;
            cancel.Cancel();
        });
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token { get; }

    /// <summary>What a command that a signal has cancelled ends with; null before any.</summary>
    public int? ExitCode => Volatile.Read(ref _exitCode) is > 0 and var code ? code : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var signal in _signals) signal.Dispose();
    }
}
