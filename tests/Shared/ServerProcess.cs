using System.Diagnostics;
using System.Runtime.InteropServices;

namespace LisaOrleans.Tests;

/// <summary>A process of the cluster: its output goes to a file, and it can be killed, frozen, thawed and asked to leave.</summary>
internal sealed partial class ServerProcess : IAsyncDisposable
{
    private const int Int = 2;
    private const int Kill = 9;
    private const int Terminate = 15;
    private const int Continue = 18;
    private const int Stop = 19;

    // Becomes the program, and leaves somebody behind who kills it once nobody holds the other end of its standard input any more: what a
    // killed test or benchmark had started does not live on. A number may by then be another process's, which began at another time.
    private const string Leash = """
        exec 3<&0 0</dev/null
        began=$(cut -d ' ' -f 22 /proc/$$/stat)
        (read -r _ <&3; [ "$(cut -d ' ' -f 22 /proc/$$/stat)" != "$began" ] || kill -9 $$) >/dev/null 2>&1 &
        exec 3<&- "$@"
        """;

    private readonly Process _process;
    private readonly TextWriter _log;

    private ServerProcess(Process process, TextWriter log) => (_process, _log, Id) = (process, log, process.Id);

    /// <summary>Its number in the system.</summary>
    public int Id { get; }

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>Resident memory.</summary>
    public long MemoryBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    public bool Frozen { get; private set; }

    /// <summary>Starts it.</summary>
    /// <param name="file">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="logFile">Where its output goes, both kinds.</param>
    /// <param name="environment">Variables that it gets; null for none.</param>
    /// <param name="heard">Told each line of its output at once.</param>
    public static ServerProcess Start(
        string file, IEnumerable<string> arguments, string logFile, IReadOnlyDictionary<string, string>? environment = null,
        Action<string>? heard = null)
    {
        var info = OperatingSystem.IsLinux()
            ? new ProcessStartInfo("/bin/sh", ["-c", Leash, "sh", file, .. arguments]) { RedirectStandardInput = true }
            : new ProcessStartInfo(file, arguments);
        (info.RedirectStandardOutput, info.RedirectStandardError) = (true, true);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) info.Environment[name] = value;
        var log = TextWriter.Synchronized(new StreamWriter(logFile, append: true) { AutoFlush = true });
        var process = new Process { StartInfo = info };
        process.OutputDataReceived += (_, e) => Write(e.Data);
        process.ErrorDataReceived += (_, e) => Write(e.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new ServerProcess(process, log);

        void Write(string? line)
        {
            if (line is null) return;
            log.WriteLine(line);
            heard?.Invoke(line);
        }
    }

    public async Task KillAsync()
    {
        Signal(Kill);
        await _process.WaitForExitAsync();
    }

    public void Freeze()
    {
        Signal(Stop);
        Frozen = true;
    }

    public void Thaw()
    {
        Signal(Continue);
        Frozen = false;
    }

    /// <summary>SIGINT, and the exit code that comes of it.</summary>
    public async Task<int> InterruptAsync(TimeSpan patience)
    {
        Signal(Int);
        return await ExitAsync(patience);
    }

    /// <summary>SIGTERM, and the exit code that comes of it.</summary>
    public async Task<int> TerminateAsync(TimeSpan patience)
    {
        Signal(Terminate);
        return await ExitAsync(patience);
    }

    /// <summary>Waits until it ends by itself; its exit code.</summary>
    public async Task<int> ExitAsync(TimeSpan patience)
    {
        await _process.WaitForExitAsync().WaitAsync(patience);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        if (_process.StartInfo.RedirectStandardInput) await _process.StandardInput.DisposeAsync();
        _process.Dispose();
        await _log.DisposeAsync();
    }

    private void Signal(int signal)
    {
        if (!_process.HasExited) _ = SendSignal(_process.Id, signal);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}
