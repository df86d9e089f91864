using Azure.Data.Tables;
using Azure.Data.Tables.Sas;
using LisaOrleans.Client;

namespace LisaOrleans.Cluster;

/// <summary>Redis or tables, a blob store and silo processes, all real, in a folder of their own.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    public const string Id = "chaos";

    private const TableAccountSasPermissions Needed = TableAccountSasPermissions.Read | TableAccountSasPermissions.Write
        | TableAccountSasPermissions.Add | TableAccountSasPermissions.Update | TableAccountSasPermissions.Delete | TableAccountSasPermissions.List;

    // Who warns of threads that come late, and of turns during which they had to wait.
    private static readonly string[] s_busy = ["LocalSiloHealthMonitor", "Orleans.Runtime.Scheduler.WorkItemGroup"];

    private readonly AzuriteServer? _azurite;
    private readonly AzuriteServer? _tables;
    private LisaConnection? _connection;
    private LisaClient? _client;

    private TestCluster(string folder, ClusterSettings settings)
    {
        (Folder, Settings) = (folder, settings);
        Redis = new RedisServer(Path.Combine(folder, "redis"));
        _azurite = settings.Azurite ? new AzuriteServer(Path.Combine(folder, "azurite")) : null;
        _tables = settings.AzureTables ? new AzuriteServer(Path.Combine(folder, "tables"), "table") : null;
        Faults = _azurite is null ? null : new BlobFaultProxy(_azurite.Port);
        Store = settings.Store ?? (Faults is null ? Path.Combine(folder, "store") : AzuriteServer.ConnectionString(Faults.Port));
    }

    public string Folder { get; }

    public ClusterSettings Settings { get; }

    public RedisServer Redis { get; }

    public BlobFaultProxy? Faults { get; }

    public string Store { get; }

    public List<SiloProcess> Silos { get; } = [];

    /// <summary>A client as any other service has it; it finds the silos by itself whatever happens.</summary>
    public LisaClient Client => _client ?? throw new InvalidOperationException("not connected");

    public LisaClientOptions ClientOptions => _tables is null
        ? new() { ClusterId = Id, Redis = $"127.0.0.1:{Redis.Port}", Store = Store, Tls = Settings.Tls }
        : new() { ClusterId = Id, AzureTables = SignedTables(), Store = Store, Tls = Settings.Tls };

    /// <summary>The connection string of the tables; silos and clients get a signature for them.</summary>
    public string Tables => AzuriteServer.TablesConnectionString(_tables!.Port);

    /// <summary>How a command names the cluster, and shows its certificate.</summary>
    public IReadOnlyList<string> Connection => [.. Names, .. Settings.Tls is { } tls ? Certificate(tls) : []];

    /// <summary>How a command names the cluster.</summary>
    public IReadOnlyList<string> Names =>
    [
        "--cluster-id", Id,
        .. _tables is null
            ? (string[])["--redis", $"127.0.0.1:{Redis.Port}"]
            : ["--azure-tables", SignedTables()],
    ];

    /// <summary>A command's options of a certificate.</summary>
    public static string[] Certificate(ClusterTlsOptions tls) =>
    [
        "--cluster-tls-certificate", tls.CertificateFile, "--cluster-tls-ca", tls.AuthorityFile,
        .. tls.KeyFile is { } key ? (string[])["--cluster-tls-key", key] : [],
    ];

    public IRunGrain Run(string name) => _connection!.Run(name);

    /// <summary>The address of the silo that a run's own grain is on, or null while it is nowhere.</summary>
    public async Task<string?> OwnerAsync(string run)
    {
        var address = await _connection!.Grains.GetGrain<IManagementGrain>(0).GetActivationAddress(Run(run));
        return address?.Endpoint.ToString();
    }

    /// <summary>The warnings in the newest lines of all logs, less those that say only how busy this machine is.</summary>
    public IReadOnlyList<string> Warnings() =>
    [
        .. Logs().Split('\n').Where(
            l => l.Contains(" warn: ", StringComparison.Ordinal) && !s_busy.Any(b => l.Contains(b, StringComparison.Ordinal))),
    ];

    /// <summary>The last lines of each silo's log.</summary>
    public string Logs(int lines = 25) => string.Join(
        Environment.NewLine,
        Silos.Select(s => s.LogFile).Where(File.Exists)
            .SelectMany(f => File.ReadLines(f).TakeLast(lines).Prepend($"--- {Path.GetFileName(f)}")));

    /// <summary>The silo on which a run's own grain lives now.</summary>
    public async Task<SiloProcess> SiloOfRunAsync(string run)
    {
        var owner = await OwnerAsync(run);
        return Silos.Single(s => s.Address == owner);
    }

    public static async Task<TestCluster> StartAsync(string folder, ClusterSettings settings)
    {
        var cluster = new TestCluster(folder, settings);
        try
        {
            if (cluster._tables is null) await cluster.Redis.StartAsync();
            else await cluster._tables.StartAsync();
            if (cluster._azurite is not null)
            {
                await cluster._azurite.StartAsync();
                await cluster.Faults!.StartAsync();
            }

            for (var i = 0; i < settings.Silos; i++) cluster.Add().Start();
            foreach (var silo in cluster.Silos) await silo.ReadyAsync(TimeSpan.FromMinutes(3));
            await cluster.ConnectAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// The tables' address with a signature: by default with the rights that docs/cluster.md names, but "create", which "write" holds.
    /// </summary>
    public string SignedTables(TableAccountSasPermissions permissions = Needed) => new TableServiceClient(Tables).GenerateSasUri(
        permissions, TableAccountSasResourceTypes.All, DateTimeOffset.UtcNow.AddHours(2)).AbsoluteUri;

    public SiloProcess Add()
    {
        var silo = new SiloProcess(this, Silos.Count);
        Silos.Add(silo);
        return silo;
    }

    public async Task RestartAzuriteAsync()
    {
        await _azurite!.StopAsync();
        await _azurite.StartAsync();
    }

    /// <summary>Connects anew: needed after Redis has forgotten the cluster.</summary>
    public async Task ConnectAsync()
    {
        if (_connection is not null) await _connection.DisposeAsync();
        _client ??= await LisaClient.ConnectAsync(ClientOptions);
        var options = ClientOptions;
        options.ConnectTimeout = TimeSpan.FromSeconds(60);
        _connection = await LisaConnection.OpenAsync(options, CancellationToken.None);
    }

    /// <summary>Runs a command of the program to its end.</summary>
    public static Task<(int Code, string Output)> LisaAsync(string folder, params string[] arguments) => LisaAsync(folder, null, arguments);

    /// <summary>The same with variables that it gets.</summary>
    public static async Task<(int Code, string Output)> LisaAsync(
        string folder, IReadOnlyDictionary<string, string>? environment, string[] arguments)
    {
        var log = Path.Combine(folder, $"lisa-{Guid.NewGuid():N}.log");
        int code;
        await using (var process = ServerProcess.Start(Executables.Lisa, arguments, log, environment))
            code = await process.ExitAsync(TimeSpan.FromMinutes(30));
        return (code, await File.ReadAllTextAsync(log));
    }

    /// <summary>Runs a command of the program that has to succeed.</summary>
    /// <exception cref="InvalidOperationException">It did not; the message holds what it said.</exception>
    public static async Task SucceedsAsync(string folder, params string[] arguments)
    {
        var (code, output) = await LisaAsync(folder, arguments);
        if (code != 0) throw new InvalidOperationException($"lisa {arguments[0]} ended with {code}: {output}");
    }

    /// <summary>
    /// Cancels a run with which a test has failed, so that it does not train on beside those of later tests. A failure to do so is only
    /// said: the test's own is the one to be seen.
    /// </summary>
    public async Task GiveUpAsync(string run, Action<string> say)
    {
        try
        {
            foreach (var silo in Silos.Where(s => s.Frozen)) silo.Thaw();
            foreach (var silo in Silos) silo.Start();
            await Client.CancelAsync(run).WaitAsync(TimeSpan.FromMinutes(1));
        }
        catch (Exception e)
        {
            say($"run '{run}' could not be cancelled: {e.Message}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in Silos) await silo.DisposeAsync();
        if (_connection is not null) await _connection.DisposeAsync();
        if (_client is not null) await _client.DisposeAsync();
        if (Faults is not null) await Faults.DisposeAsync();
        if (_azurite is not null) await _azurite.DisposeAsync();
        if (_tables is not null) await _tables.DisposeAsync();
        await Redis.DisposeAsync();
    }
}
