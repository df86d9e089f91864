using Amazon.S3;

namespace LisaOrleans.Tests;

/// <summary>
/// A real server of S3's protocol: Ceph's gateway on a cluster of one monitor and one OSD, each a process on loopback. What is
/// stored is in memory, and gone with it.
/// </summary>
/// <param name="folder">For its files; made where it is missing.</param>
internal sealed class RadosGatewayServer(string folder) : IAsyncDisposable
{
    public const string AccessKey = "LISATESTACCESSKEY123";
    public const string SecretKey = "lisa-test-secret-never-to-be-shown-000001";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly string[] s_programs = ["monmaptool", "ceph-mon", "ceph", "ceph-osd", "radosgw", "radosgw-admin"];

    private readonly List<ServerProcess> _processes = [];
    private readonly int _monitor = Ports.Free();

    /// <summary>Whether everything that it needs is on the PATH.</summary>
    public static bool IsInstalled { get; } = s_programs.All(p => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Any(f => File.Exists(Path.Combine(f, p))));

    public int Port { get; } = Ports.Free();

    public string Endpoint => $"http://127.0.0.1:{Port}";

    /// <summary>The variables by which programs find its keys, and no others.</summary>
    public static IReadOnlyDictionary<string, string> Credentials(string secret = SecretKey) => new Dictionary<string, string>
    {
        ["AWS_ACCESS_KEY_ID"] = AccessKey,
        ["AWS_SECRET_ACCESS_KEY"] = secret,
        ["AWS_EC2_METADATA_DISABLED"] = "true",
    };

    private string Configuration => Path.Combine(folder, "ceph.conf");

    /// <summary>Starts it, and waits until it answers.</summary>
    public async Task StartAsync()
    {
        var (cluster, osd) = (Guid.NewGuid(), Guid.NewGuid());
        foreach (var name in (string[])["mon", "osd", "rgw"]) Directory.CreateDirectory(Path.Combine(folder, name));
        await File.WriteAllTextAsync(Configuration, Settings(cluster));

        var map = Path.Combine(folder, "monmap");
        await RunAsync("monmaptool", "--create", "--fsid", $"{cluster}", "--addv", "a", $"[v2:127.0.0.1:{_monitor}]", map);
        await RunAsync("ceph-mon", "--conf", Configuration, "--mkfs", "-i", "a", "--monmap", map);
        Start("ceph-mon", "--conf", Configuration, "-i", "a", "-f");
        await RunAsync("ceph", "--conf", Configuration, "osd", "new", $"{osd}");
        await RunAsync("ceph-osd", "--conf", Configuration, "-i", "0", "--mkfs", "--osd-uuid", $"{osd}");
        Start("ceph-osd", "--conf", Configuration, "-i", "0", "-f");
        Start("radosgw", "--conf", Configuration, "-n", "client.rgw", "-f");
        await Ports.WaitAsync(Port, s_patience);
        await RunAsync(
            "radosgw-admin", "--conf", Configuration, "user", "create", "--uid", "lisa", "--display-name", "lisa",
            "--access-key", AccessKey, "--secret-key", SecretKey);
    }

    /// <summary>Makes a bucket.</summary>
    public async Task CreateBucketAsync(string name)
    {
        using var client = new AmazonS3Client(
            AccessKey, SecretKey, new AmazonS3Config { ServiceURL = Endpoint, ForcePathStyle = true, AuthenticationRegion = "us-east-1" });
        await client.PutBucketAsync(name);
    }

    public async ValueTask DisposeAsync()
    {
        // The gateway first: the others would wait for what it asks of them.
        foreach (var process in _processes.AsEnumerable().Reverse()) await process.DisposeAsync();
    }

    // One replica, one placement group for each pool, no keys between its own processes, and no waiting for others to agree.
    private string Settings(Guid cluster) => $"""
        [global]
        fsid = {cluster}
        mon host = v2:127.0.0.1:{_monitor}
        public addr = 127.0.0.1
        ms bind msgr1 = false
        ms mon client mode = crc
        auth cluster required = none
        auth service required = none
        auth client required = none
        run dir = {folder}
        crash dir = {folder}
        admin socket =
        pid file =
        log file =
        log to stderr = true
        mon data = {folder}/mon
        mon data avail crit = 0
        mon allow pool size one = true
        paxos propose interval = 0.02
        paxos min wait = 0.01
        osd data = {folder}/osd
        osd objectstore = memstore
        memstore device bytes = 4294967296
        osd pool default size = 1
        osd pool default min size = 1
        osd pool default pg num = 1
        osd pool default pgp num = 1
        osd pool default pg autoscale mode = off
        osd crush chooseleaf type = 0
        rgw data = {folder}/rgw
        rgw frontends = beast endpoint=127.0.0.1:{Port} tcp_nodelay=1
        rgw run sync thread = false

        """;

    private void Start(string program, params string[] arguments) =>
        _processes.Add(ServerProcess.Start(program, arguments, Path.Combine(folder, $"{program}.log")));

    private async Task RunAsync(string program, params string[] arguments)
    {
        var log = Path.Combine(folder, $"{program}-once.log");
        int code;
        await using (var process = ServerProcess.Start(program, arguments, log)) code = await process.ExitAsync(s_patience);
        if (code != 0) throw new InvalidOperationException($"{program} ended with {code}: {await File.ReadAllTextAsync(log)}");
    }
}
