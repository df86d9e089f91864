using System.Diagnostics;
using System.Text.RegularExpressions;

namespace LisaOrleans.Cluster.Tests;

/// <summary>The sources as somebody gets them who clones the repository, and a machine of which they have all ports.</summary>
internal sealed partial class FreshClone : IDisposable
{
    private static readonly string[] s_notCloned = [".git", "artifacts", "out", "lisa-store", "node_modules", "TestResults", "secrets"];
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(20);

    // Network and processes of its own: ports are those of the pages, and nothing survives the shell.
    private static readonly string[] s_machine = ["--user", "--map-root-user", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"];

    // Machine code of packages: the same in every clone, and a minute's work.
    private static readonly string s_machineCode = Path.Combine("artifacts", "obj", "LisaOrleans.Cli", "release", "ready-to-run");

    private readonly TempFolder _folder = new();
    private readonly HashSet<string> _restored = [];

    public FreshClone()
    {
        Copy(new DirectoryInfo(Executables.Repository), Directory.CreateDirectory(Root));
        CopyMachineCode();
        Directory.CreateDirectory(_folder["tmp"]);
    }

    private string Root => _folder["clone"];

    public string this[string relative] => Path.Combine(Root, relative);

    /// <summary>Whether this system gives a process such a machine, and has what the pages need.</summary>
    public static async Task<bool> IsPossibleAsync(CancellationToken cancellationToken) =>
        OperatingSystem.IsLinux() && Executables.Redis is not null
        && await EndAsync(Bash("ip link set lo up && curl --version && redis-cli --version", "/"), cancellationToken) is { Code: 0 };

    /// <summary>Runs a script in the clone.</summary>
    /// <returns>Its exit code and all that it wrote.</returns>
    public async Task<(int Code, string Text)> RunAsync(string script, CancellationToken cancellationToken)
    {
        // No registry is reached from that machine, and what NuGet has asked one it remembers for half an hour only. Where none is
        // reached from here either, the packages of the build may be all that is needed.
        foreach (var project in Project().Matches(script).Select(m => m.Groups[1].Value).Where(_restored.Add).ToArray())
            await EndAsync(Prepared(Start("dotnet", ["restore", project, "-p:Configuration=Release"], Root)), cancellationToken);
        return await EndAsync(Prepared(Bash(script, Root)), cancellationToken);
    }

    public void Dispose() => _folder.Dispose();

    private ProcessStartInfo Prepared(ProcessStartInfo start)
    {
        // What a surrounding `dotnet test` tells its own MSBuild is not for this one, and neither are its pipes.
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
            start.Environment.Remove(name);
        start.Environment["TMPDIR"] = _folder["tmp"];

        // Done by the build before the tests; and nobody can be asked here whether packages are known to be vulnerable.
        start.Environment["NuGetAudit"] = "false";
        start.Environment["RunAnalyzers"] = "false";

        // Whatever this environment says. The compiler's server ends with the shell.
        start.Environment["UseSharedCompilation"] = "true";
        return start;
    }

    private static ProcessStartInfo Bash(string script, string folder) => Start("unshare", [.. s_machine, "bash", "-c", script], folder);

    private static ProcessStartInfo Start(string program, string[] arguments, string folder) => new(program, arguments)
    {
        WorkingDirectory = folder,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };

    private static async Task<(int Code, string Text)> EndAsync(ProcessStartInfo start, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        using var process = Process.Start(start)!;
        try
        {
            var error = process.StandardError.ReadToEndAsync(patience.Token);
            var text = await process.StandardOutput.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, text + await error);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    // The build that this program is of may have made none, if it is one for debugging.
    private void CopyMachineCode()
    {
        var made = new DirectoryInfo(Path.Combine(Executables.Repository, s_machineCode));
        if (!made.Exists) return;
        var target = Directory.CreateDirectory(Path.Combine(Root, s_machineCode)).FullName;
        foreach (var file in made.EnumerateFiles("*.dll"))
            if (!file.Name.StartsWith("lisa", StringComparison.OrdinalIgnoreCase)) file.CopyTo(Path.Combine(target, file.Name));
    }

    private static void Copy(DirectoryInfo from, DirectoryInfo to)
    {
        foreach (var file in from.EnumerateFiles()) file.CopyTo(Path.Combine(to.FullName, file.Name));
        foreach (var folder in from.EnumerateDirectories())
        {
            if (!s_notCloned.Contains(folder.Name) && !folder.Name.StartsWith("artifacts-", StringComparison.Ordinal))
                Copy(folder, to.CreateSubdirectory(folder.Name));
        }
    }

    [GeneratedRegex(@"--project (\S+)")]
    private static partial Regex Project();
}
