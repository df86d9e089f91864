using System.Net;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using LisaOrleans.Api;
using LisaOrleans.Checkpoints;
using LisaOrleans.Dashboard;
using LisaOrleans.Silo;
using Microsoft.Extensions.Hosting;

namespace LisaOrleans.Cli;

/// <summary><c>lisa silo</c>: joins a cluster and trains until it is told to leave.</summary>
internal static class SiloCommand
{
    private const int ShortestSecret = 16;

    public static async Task<int> Run(SettingValues values, string? argument, CancellationToken cancellationToken)
    {
        using var http = PreemptionSources.CreateClient();
        var api = HttpServerOptions.From(values);
        using var ports = new SiloPorts(values);
        var folders = new NewFolders();
        ClusterSiloOptions options;
        try
        {
            options = await Options(values, api, ports, folders, http, cancellationToken);
            await SiloCertificate.CheckAcceptedAsync(options, cancellationToken);
        }
        catch
        {
            folders.RemoveEmpty();
            throw;
        }

        await using var silo = ClusterSilo.Create(options);
        try
        {
            await silo.StartAsync(cancellationToken);
        }
        catch (Exception e) when (silo.Lifetime.ApplicationStopping.IsCancellationRequested
            && e is OperationCanceledException or OrleansLifecycleCanceledException)
        {
            // Told to leave before it had joined: nothing was here.
            return ExitCodes.Done;
        }

        Console.WriteLine(
            $"silo {options.Host}:{options.SiloPort} of cluster '{options.ClusterId}' is ready: roles {string.Join(',', options.Roles)}, "
                + $"gateway port {options.GatewayPort}, "
            + $"{options.Threads} threads on {TrainingDevice.Name}, {Memory(options)}store {options.Store.Location}, "
                + $"{HttpServerOptions.Describe(options.Listening.Address, options.HttpPort, api)}");
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, s =>
        {
            s.Cancel = true;
            silo.Lifetime.StopApplication();
        });
        await silo.WaitForShutdownAsync(cancellationToken);
        return ExitCodes.Done;
    }

    private static async Task<ClusterSiloOptions> Options(
        SettingValues values, ApiServerOptions api, SiloPorts ports, NewFolders folders, HttpClient http, CancellationToken cancellationToken)
    {
        var clusterId = values.Text(KnownSettings.ClusterId);
        if (string.IsNullOrWhiteSpace(clusterId)) throw Wrong(values, KnownSettings.ClusterId, $"'{clusterId}' must be a word");
        var host = SiloAddresses.Host(values);
        var roles = values.Text(KnownSettings.Roles).Split(',', StringSplitOptions.TrimEntries);
        if (roles.FirstOrDefault(r => !SiloRoles.All.Contains(r)) is { } unknown)
            throw Wrong(values, KnownSettings.Roles, $"'{unknown}' is none of {string.Join(", ", SiloRoles.All)}");
        var threads = values.OptionalInteger(KnownSettings.SiloThreads) ?? Environment.ProcessorCount;
        if (threads is < 1 or > 1024) throw Wrong(values, KnownSettings.SiloThreads, $"'{threads}' must be from 1 to 1024");
        var listening = SiloAddresses.Listening(values, host);
        var (siloPort, listenSiloPort) = ports.TakePair(KnownSettings.SiloPort, KnownSettings.ListenSiloPort, listening);
        var (gatewayPort, listenGatewayPort) = ports.TakePair(KnownSettings.GatewayPort, KnownSettings.ListenGatewayPort, listening);
        var (tensorPort, listenTensorPort) = ports.TakeTensorPair(listening);
        long? memory = values.Has(KnownSettings.Memory) ? (long)(Positive(values, KnownSettings.Memory, 0, 1e6) * 1e9) : null;
        IBlobStore store;
        (IMembershipStore Store, ClusterTraits Traits) membership;
        return new ClusterSiloOptions
        {
            ClusterId = clusterId,
            Host = host,
            Secret = Secret(values, clusterId, isLocal: IPAddress.IsLoopback(host) && IPAddress.IsLoopback(listening)),
            Tls = ClusterTls.Checked(values, host),
            SiloPort = siloPort,
            GatewayPort = gatewayPort,
            HttpPort = ports.TakeHttp(KnownSettings.HttpPort, SiloAddresses.Http(listening, api.Keys is not null)),
            Ports = ports.Reservation,
            Http = new DashboardServer(api),
            TensorPort = tensorPort,
            Listening = new SiloListening(listening, listenSiloPort, listenGatewayPort, listenTensorPort),
            Roles = roles,
            Threads = (int)threads,
            MemoryBytes = memory ?? (roles.Contains(SiloRoles.Gpu) ? DeviceMemory.Find() : 0),
            IsMemoryFound = memory is null,
            MaxRuns = Count(values, KnownSettings.MaxRuns, 1000),
            ProbeTimeout = TimeSpan.FromSeconds(Positive(values, KnownSettings.ProbeTimeout, 0.1, 600)),
            MissedProbes = Count(values, KnownSettings.MissedProbes, 100),
            DrainTimeout = TimeSpan.FromSeconds(Positive(values, KnownSettings.DrainTimeout, 0, 86400)),
            JsonLogs = values.Text(KnownSettings.SiloLogFormat) == "json",
            PreemptionSources = Sources(values, http),

            // Last: what is wrong by itself is said before anything is looked for elsewhere.
            Store = store = await ClusterStores.Open(values, cancellationToken, folders: folders),
            Membership = (membership = await ClusterMembership.Open(values, clusterId, store, cancellationToken)).Store,
            Traits = membership.Traits,
        };
    }

    private static string Memory(ClusterSiloOptions options) =>
        options.MemoryBytes > 0 ? FormattableString.Invariant($"{options.MemoryBytes / 1e9:0.0} GB for tensors, ") : "";

    private static IReadOnlyList<IPreemptionSource> Sources(SettingValues values, HttpClient http)
    {
        var name = values.Text(PreemptionSettings.Preemption);
        Uri? endpoint = null;
        if (values.OptionalText(PreemptionSettings.EventsEndpoint) is { Length: > 0 } text)
        {
            if (!Uri.TryCreate(text, UriKind.Absolute, out endpoint) || endpoint.Scheme is not ("http" or "https"))
                throw Wrong(values, PreemptionSettings.EventsEndpoint, $"'{text}' must be a URL of http or https");
            if (name == "none") name = "azure";
        }

        var machine = values.OptionalText(PreemptionSettings.MachineName) ?? Environment.MachineName;
        return name == "none" ? [] : [PreemptionSources.Create(name, endpoint, machine, http)];
    }

    private static ReadOnlyMemory<byte> Secret(SettingValues values, string clusterId, bool isLocal)
    {
        // A line break at its end is none of it, wherever it comes from.
        var text = Environment.GetEnvironmentVariable(SettingsEnvironment.SecretVariable)?.Trim();
        if (values.OptionalPath(KnownSettings.SecretFile) is { } path)
        {
            text = NamedFile.ReadText(path, values.Place(KnownSettings.SecretFile.Key)).Trim();
            if (text.Length == 0) throw Wrong(values, KnownSettings.SecretFile, $"{path} is empty");
        }

        if (string.IsNullOrEmpty(text))
        {
            return isLocal
                ? SHA256.HashData(Encoding.UTF8.GetBytes("loopback " + clusterId))
                : throw new UsageException(
                    $"--{KnownSettings.SecretFile.Flag} or {SettingsEnvironment.SecretVariable} is missing: beyond loopback silos must "
                        + $"prove that they belong together");
        }

        return text.Length >= ShortestSecret
            ? SHA256.HashData(Encoding.UTF8.GetBytes(text))
            : throw new UsageException($"the cluster secret must have at least {ShortestSecret} characters");
    }

    private static double Positive(SettingValues values, Setting setting, double lowest, double highest)
    {
        var number = values.Number(setting);
        return number >= lowest && number <= highest ? number : throw Wrong(values, setting, $"'{number}' must be from {lowest} to {highest}");
    }

    private static int Count(SettingValues values, Setting setting, int highest) => values.Count(setting) is >= 1 and var number && number <= highest
        ? number
        : throw Wrong(values, setting, $"'{values.Text(setting)}' must be from 1 to {highest}");

    private static UsageException Wrong(SettingValues values, Setting setting, string problem) => new($"{values.Place(setting.Key)}: {problem}");
}
