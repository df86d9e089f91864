using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace LisaOrleans.Tests;

/// <summary>
/// Azure Blob Storage on this machine: Azurite, the emulator, in a process of its own with an empty folder. Where it is
/// not installed the test is skipped, which the test report counts and names.
/// </summary>
internal sealed class Azurite : IAsyncDisposable
{
    /// <summary>The emulator's account, which is public knowledge.</summary>
    public const string Account = "devstoreaccount1";

    /// <summary>The account's key.</summary>
    public const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private static readonly string[] s_folders = ["node_modules", "artifacts/node_modules", "artifacts/node/node_modules"];

    private readonly TempFolder _folder;
    private readonly Process _process;

    private Azurite(TempFolder folder, Process process, int port) => (_folder, _process, Port) = (folder, process, port);

    public int Port { get; }

    public string ConnectionString => ConnectionStringAt(Port);

    /// <summary>The same account by way of another port, of a proxy.</summary>
    public static string ConnectionStringAt(int port, string key = Key) =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={key};BlobEndpoint=http://127.0.0.1:{port}/{Account};";

    /// <summary>Starts it, or skips the test.</summary>
    public static async Task<Azurite> StartAsync()
    {
        var program = Find();
        Assert.SkipWhen(program is null, "Azurite not found: run eng/test-services.sh, or set LISA_AZURITE to azurite-blob");
        var folder = new TempFolder();
        var port = Ports.Free();
        var start = new ProcessStartInfo(program!) { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments =
        [
            "--blobHost", "127.0.0.1", "--blobPort", $"{port}", "--location", folder.Root, "--skipApiVersionCheck", "--silent", "--disableTelemetry",
        ];
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var azurite = new Azurite(folder, process, port);
        try
        {
            await Until.True(azurite.AnswersAsync);
            return azurite;
        }
        catch
        {
            await azurite.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("LISA_AZURITE") is { Length: > 0 } named) return File.Exists(named) ? named : null;
        var name = OperatingSystem.IsWindows() ? "azurite-blob.cmd" : "azurite-blob";
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Concat(s_folders.Select(f => Path.Combine(Repository.Root, f, ".bin")))
            .Select(f => Path.Combine(f, name)).FirstOrDefault(File.Exists);
    }

    private async Task<bool> AnswersAsync()
    {
        if (_process.HasExited) throw new InvalidOperationException($"Azurite ended with code {_process.ExitCode}");
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port, TestContext.Current.CancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
