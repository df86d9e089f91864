using System.Diagnostics;
using LisaOrleans.Cli;
using LisaOrleans.Cluster;

namespace LisaOrleans.Deploy.Tests;

/// <summary>
/// A compose file's services as plain processes: lisa for its image, 127.0.0.1 with free ports for host names and addresses, a folder
/// for each volume and mounted secret. Without Azurite the store is a folder.
/// </summary>
internal sealed class ComposeProject(ComposeFile file, TempFolder folder) : IAsyncDisposable
{
    private const string HealthPath = "docker/lisa-healthcheck";

    private readonly List<ServerProcess> _servers = [];
    private readonly int _redisPort = Ports.Free();
    private readonly int _azuritePort = Ports.Free();

    public List<(ComposeService Service, ServerProcess Process, int HttpPort)> Silos { get; } = [];

    public async Task StartAsync()
    {
        await SecretFiles.MakeAsync(folder["secrets"]);
        var redis = file.Services["redis"];
        Start("redis", Executables.Redis!, [.. Inside(redis, redis.Command).Skip(1), "--port", $"{_redisPort}", "--bind", "127.0.0.1"]);
        await Ports.WaitAsync(_redisPort, TimeSpan.FromSeconds(30));
        if (AzuriteServer.Program is { } program)
        {
            var azurite = file.Services["azurite"];
            var words = Inside(azurite, [.. azurite.Entrypoint, .. azurite.Command])
                .Select(w => w.Replace("azurite-blob", program, StringComparison.Ordinal).Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal)
                    .Replace("10000", $"{_azuritePort}", StringComparison.Ordinal));
            Start("azurite", "/usr/bin/env", words);
            await Ports.WaitAsync(_azuritePort, TimeSpan.FromSeconds(60));
        }

        foreach (var silo in file.Services.Values.Where(s => s.Command is ["silo", ..])) StartSilo(silo);
    }

    /// <summary>The health check of the image, for a silo.</summary>
    public static async Task<bool> IsHealthyAsync(int port)
    {
        var info = new ProcessStartInfo("bash", [Path.Combine(DeployFiles.Folder, HealthPath)]) { RedirectStandardError = true };
        info.Environment[SettingsEnvironment.Variable(KnownSettings.Host)] = "127.0.0.1";
        info.Environment[SettingsEnvironment.Variable(KnownSettings.HttpPort)] = $"{port}";
        using var process = Process.Start(info)!;
        await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0;
    }

    public string Log(string service) => File.ReadAllText(folder[service + ".log"]);

    public async ValueTask DisposeAsync()
    {
        foreach (var process in Enumerable.Reverse(_servers)) await process.DisposeAsync();
    }

    private void StartSilo(ComposeService silo)
    {
        // The image's working folder is /lisa.
        var work = Directory.CreateDirectory(folder[silo.Name]).FullName;
        foreach (var (secret, target) in silo.Secrets.Where(s => Path.GetDirectoryName(s.Value) == "/lisa"))
            File.WriteAllText(Path.Combine(work, Path.GetFileName(target)), Local(File.ReadAllText(folder["secrets/" + file.Secrets[secret]])));
        var http = Ports.Free();
        var environment = silo.Environment.ToDictionary(v => v.Key, v => v.Value == silo.Address ? "127.0.0.1" : v.Value);
        environment[SettingsEnvironment.Variable(KnownSettings.HttpPort)] = $"{http}";
        environment[SettingsEnvironment.Variable(KnownSettings.SiloPort)] = $"{Ports.Free()}";
        environment[SettingsEnvironment.Variable(KnownSettings.GatewayPort)] = $"{Ports.Free()}";
        environment[SettingsEnvironment.Variable(KnownSettings.TensorPort)] = $"{Ports.Free()}";
        if (AzuriteServer.Program is null) environment[SettingsEnvironment.Variable(KnownSettings.ClusterStore)] = folder["store"];
        string[] words = ["-c", "cd \"$0\" && exec \"$@\"", work, Executables.Lisa, .. silo.Command];
        Silos.Add((silo, Start(silo.Name, "/bin/sh", words, environment), http));
    }

    private ServerProcess Start(string name, string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var process = ServerProcess.Start(program, arguments, folder[name + ".log"], environment);
        _servers.Add(process);
        return process;
    }

    // The paths of a container, as they are on this machine.
    private IEnumerable<string> Inside(ComposeService service, IReadOnlyList<string> words)
    {
        var data = Directory.CreateDirectory(folder[service.Name + "-data"]).FullName;
        return words.Select(w => service.Secrets.Aggregate(w, (text, secret) =>
            text.Replace(secret.Value, folder["secrets/" + file.Secrets[secret.Key]], StringComparison.Ordinal))
                .Replace("/data", data, StringComparison.Ordinal));
    }

    private string Local(string text) => text.Replace("redis:6379", $"127.0.0.1:{_redisPort}", StringComparison.Ordinal)
        .Replace("azurite:10000", $"127.0.0.1:{_azuritePort}", StringComparison.Ordinal);
}
