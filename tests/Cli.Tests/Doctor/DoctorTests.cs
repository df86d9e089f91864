using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace LisaOrleans.Cli.Tests;

public sealed class DoctorTests
{
    [Fact]
    public async Task Doctor_sound_machine_says_what_it_is_and_leaves_nothing()
    {
        using var folder = new TempFolder();
        var result = await Lisa.SucceedsAsync("doctor", "--store", folder["deep/store"], "--log-format", "json");
        var checks = Read(result.Output);
        Assert.All(checks, c => Assert.NotEqual("fault", c.Verdict));
        Assert.Equal(
            ["libtorch", "lisa", "matrices", "memory", "port", "store", "temporary"],
            checks.Select(c => c.Subject).Distinct().Order(StringComparer.Ordinal));
        Assert.Matches(
            "^[0-9]+ GFLOP/s in float32, [0-9]+ in bfloat16: "
                + "a bfloat16 model computes in (float32|bfloat16) here \\(--compute-dtype auto\\)$",
            checks.Single(c => c.Subject == "matrices").Finding);
        Assert.StartsWith(folder["deep/store"], checks.Single(c => c.Subject == "store").Finding, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Root));

        // A certificate may be of a machine elsewhere, or a client's, as long as no host is named.
        Directory.CreateDirectory(folder["store"]);
        var certificate = Certificate(folder, address: "10.9.9.9");
        result = await Lisa.SucceedsAsync(["doctor", "--store", folder["store"], .. certificate, "--log-format", "json"]);
        Assert.Empty(Directory.GetFileSystemEntries(folder["store"]));
        Assert.Matches(
            "^CN=end, valid until .* UTC; its names were not looked at, which takes --host$",
            Read(result.Output).Single(c => c is { Subject: "tls", Verdict: "ok" }).Finding);
    }

    [Fact]
    public async Task Doctor_each_fault_is_named_with_its_remedy()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["file"], "no folder", TestContext.Current.CancellationToken);
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var silent = ((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();

        var result = await Lisa.RunAsync(
        [
            "doctor", "--store", folder["file/store"], "--redis", $"redis://:s3cret@127.0.0.1:{silent}",
            "--gateway-port", $"{port}", "--api-keys", folder["file"], "--host", "127.0.0.1", .. Certificate(folder, address: "10.9.9.9"),
            "--log-format", "json",
        ]);
        Assert.Equal(1, result.ExitCode);
        var faults = Read(result.Output).Where(c => c.Verdict == "fault").ToDictionary(c => c.Subject);
        Assert.Equal(["api keys", "port", "redis", "store", "tls"], faults.Keys.Order(StringComparer.Ordinal));
        Assert.StartsWith($"{folder["file"]}: line 1: must be a name, ", faults["api keys"].Finding, StringComparison.Ordinal);
        Assert.Contains("is not for '127.0.0.1', the name that the others look for", faults["tls"].Finding, StringComparison.Ordinal);
        Assert.Equal($"{port} of 127.0.0.1 is in use", faults["port"].Finding);
        Assert.Equal("Choose another --gateway-port, or leave it out and a free one is taken.", faults["port"].Remedy);
        Assert.Contains($"127.0.0.1:{silent} does not answer", faults["redis"].Finding, StringComparison.Ordinal);
        Assert.Equal($"{folder["file/store"]} cannot be a store: {folder["file"]} is a file, not a folder", faults["store"].Finding);
        Assert.Equal("Name a folder that this user may write to.", faults["store"].Remedy);
        Assert.DoesNotContain("s3cret", result.Output + result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("elsewhere.example", "--host: 'elsewhere.example' must be an IP address")]
    [InlineData("0.0.0.0", "--host: '0.0.0.0' stands for all addresses of this machine")]
    [InlineData("203.0.113.7", "203.0.113.7 is no address of this machine")]
    public async Task Doctor_host_that_is_not_this_machine_is_a_fault(string host, string says)
    {
        var result = await Lisa.RunAsync("doctor", "--host", host);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(says, result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_ports_are_looked_at_where_a_silo_listens()
    {
        var host = OwnAddress.BeyondLoopback();
        using var http = Listen(IPAddress.Loopback);
        using var tensors = Listen(host);
        using var gateway = Listen(host);

        // Without keys the HTTP API is on loopback, whatever the host.
        var result = await Lisa.RunAsync(
            "doctor", "--host", $"{host}", "--http-port", Port(http), "--tensor-port", Port(tensors),
            "--gateway-port", "1", "--listen-gateway-port", Port(gateway), "--log-format", "json");
        Assert.Equal(1, result.ExitCode);
        Assert.Equal(
            [$"{Port(gateway)} of {host} is in use", $"{Port(tensors)} of {host} is in use", $"{Port(http)} of 127.0.0.1 is in use"],
            Read(result.Output).Where(c => c.Verdict == "fault").Select(c => c.Finding));

        static TcpListener Listen(IPAddress address)
        {
            var listener = new TcpListener(address, 0);
            listener.Start();
            return listener;
        }

        static string Port(TcpListener listener) => $"{((IPEndPoint)listener.LocalEndpoint).Port}";
    }

    private static string[] Certificate(TempFolder folder, string address)
    {
        using var authority = new TestAuthority(folder["tls"], "ours");
        var files = authority.Issue("end", address: address);
        return
        [
            "--cluster-tls-certificate", files.CertificateFile, "--cluster-tls-key", files.KeyFile!, "--cluster-tls-ca", files.AuthorityFile,
        ];
    }

    private static List<(string Subject, string Verdict, string Finding, string? Remedy)> Read(string output) =>
    [
        .. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).Select(e => (
            e.GetProperty("subject").GetString()!, e.GetProperty("verdict").GetString()!,
            e.GetProperty("finding").GetString()!, e.GetProperty("remedy").GetString())),
    ];
}
