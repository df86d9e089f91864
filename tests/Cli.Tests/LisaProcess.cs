using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace LisaOrleans.Cli.Tests;

/// <summary>The built program, running. Killed when disposed.</summary>
internal sealed class LisaProcess : IDisposable
{
    public const int Interrupt = 2;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly Task<string> _error;

    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Variables that it gets; null for none.</param>
    public LisaProcess(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        // A shell that runs the tests in the background has them ignore SIGINT, nohup SIGHUP; what they start would inherit that.
        string[] start = OperatingSystem.IsLinux() ? ["env", "--default-signal=INT,QUIT,HUP", program, .. arguments] : [program, .. arguments];
        var info = new ProcessStartInfo(start[0], start[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) info.Environment[name] = value;
        _process = Process.Start(info)!;
        _process.StandardInput.Close();
        _error = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>Whether it leads a process group, which gets its signals, as from a terminal.</summary>
    public bool LeadsGroup { get; init; }

    /// <summary>Reads on until a line of its output is what was waited for; false if it ended before.</summary>
    public async Task<bool> WaitForLineAsync(Func<string, bool> wanted, CancellationToken cancellationToken)
    {
        while (await _process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            _output.AppendLine(line);
            if (wanted(line)) return true;
        }

        return false;
    }

    /// <summary>SIGKILL: it gets no chance to do anything.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        _process.Kill();
        await _process.WaitForExitAsync(cancellationToken);
    }

    public void Signal(int signal) => Assert.Equal(0, Kill(LeadsGroup ? -_process.Id : _process.Id, signal));

    /// <summary>Waits for its end.</summary>
    public async Task<LisaResult> EndAsync(CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        await WaitForLineAsync(_ => false, patience.Token);
        await _process.WaitForExitAsync(patience.Token);
        return new LisaResult(_process.ExitCode, _output.ToString(), await _error);
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int process, int signal);
}
