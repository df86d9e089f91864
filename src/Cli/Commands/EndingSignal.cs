using System.Runtime.InteropServices;

namespace LisaOrleans.Cli;

/// <summary>
/// The signal that made a command end. The process then dies by it, once all is freed: of a command that merely exits, a shell takes it
/// that the signal was meant for that command alone, and goes on with its script or loop.
/// </summary>
internal static partial class EndingSignal
{
    // Of a process that a signal ended, shells tell this and the signal's number.
    private const int SignalBase = 128;
    private const nint DefaultAction = 0;

    private static int s_exitCode;

    /// <summary>What a command that it has cancelled ends with; null before any.</summary>
    public static int? ExitCode => Volatile.Read(ref s_exitCode) is > 0 and var code ? code : null;

    /// <summary>Takes SIGINT, SIGTERM or SIGHUP; false if one was there before.</summary>
    public static bool TryTake(PosixSignal signal)
    {
        var code = signal switch
        {
            PosixSignal.SIGINT => ExitCodes.Interrupted,
            PosixSignal.SIGTERM => ExitCodes.Terminated,
            PosixSignal.SIGHUP => ExitCodes.HungUp,
            _ => throw new ArgumentOutOfRangeException(nameof(signal), signal, "ends no command"),
        };
        return Interlocked.CompareExchange(ref s_exitCode, code, 0) == 0;
    }

    /// <summary>
    /// Dies by the signal if the exit code is the signal's; else, or where no signal can end the process (Windows, the first process of a
    /// container), returns the exit code.
    /// </summary>
    public static int End(int exitCode)
    {
        if (exitCode != ExitCode || OperatingSystem.IsWindows()) return exitCode;
        var number = exitCode - SignalBase;

        // The handler that .NET leaves installed would only tell another thread.
        _ = SetHandler(number, DefaultAction);
        _ = Raise(number);
        return exitCode;
    }

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetHandler(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "raise")]
    private static partial int Raise(int signal);
}
