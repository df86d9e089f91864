using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using LisaOrleans.Client;

namespace LisaOrleans.Cluster.Tests;

/// <summary>A cluster whose silos and clients show each other certificates.</summary>
public sealed class ClusterTlsTests(UndisturbedRun undisturbed)
{
    private const string Run = "encrypted";
    private const string TlsRefusedByOther = "it refuses this certificate; its log says why";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cluster_with_tls_trains_to_equal_bits_and_lets_nobody_in_without_a_certificate_of_its_authority()
    {
        Assert.SkipWhen(Executables.Redis is null, "redis-server is not on PATH");
        using var folder = new TempFolder();
        using var authority = new TestAuthority(folder["tls"], "ours");
        using var others = new TestAuthority(folder["tls"], "theirs");
        var own = authority.Issue("silo");
        await using var cluster = await TestCluster.StartAsync(folder.Root, new ClusterSettings(Silos: 2, Azurite: false, Tls: own));
        Assert.Empty(cluster.Warnings());

        // Clients.
        await Lisa(2, ["list", .. cluster.Names], ": it requires TLS with a certificate of the cluster's authority, and none is given here");
        Assert.Contains("is refused: it does not use TLS", cluster.Logs(), StringComparison.Ordinal);
        var foreign = others.Issue("foreign");
        await Lisa(2, ["list", .. cluster.Names, .. TestCluster.Certificate(foreign)], "the certificate CN=silo was not issued by an authority in ");
        var both = folder["both.pem"];
        await File.WriteAllTextAsync(
            both, await File.ReadAllTextAsync(own.AuthorityFile, Token) + "\n" + await File.ReadAllTextAsync(foreign.AuthorityFile, Token), Token);
        await Lisa(2, ["list", .. cluster.Names, .. TestCluster.Certificate(foreign with { AuthorityFile = both })], TlsRefusedByOther);
        Assert.Contains("is refused: the certificate CN=foreign was not issued by an authority in", cluster.Logs(), StringComparison.Ordinal);
        await Lisa(
            2, ["list", .. cluster.Names, .. TestCluster.Certificate(own with { KeyFile = null })], "--cluster-tls-certificate: ");
        var options = cluster.ClientOptions;
        options.Tls = null;
        await Assert.ThrowsAsync<ClusterTlsException>(() => LisaClient.ConnectAsync(options, Token));

        // Silos.
        string[] silo = ["silo", .. cluster.Names, "--store", cluster.Store];
        await Lisa(2, silo, $"the silos of cluster '{TestCluster.Id}' use TLS, and this one does not");
        await Lisa(
            2, [.. silo, .. TestCluster.Certificate(foreign)],
            $": the certificate CN=silo was not issued by an authority in {foreign.AuthorityFile}");
        await Lisa(2, [.. silo, .. TestCluster.Certificate(foreign with { AuthorityFile = both })], TlsRefusedByOther);
        await Lisa(2, [.. silo, .. TestCluster.Certificate(authority.Issue("elsewhere", address: "10.9.9.9"))], "is not for '127.0.0.1'");
        await Lisa(2, [.. silo, .. TestCluster.Certificate(authority.Issue("late", until: -0.1))], "--cluster-tls-certificate: ");
        await Lisa(1, ["doctor", .. TestCluster.Certificate(authority.Issue("late", until: -0.1))], "the certificate CN=late expired on ");

        await cluster.Client.SubmitAsync(UndisturbedRun.Request(Run), null, Token);
        var status = await RunProgress.UntilAsync(cluster, Run, s => s.Stages.Count == 2 && s.Step > 3);

        // A renewed certificate is shown to the next who connects; one that dies meanwhile comes back with it.
        var before = await SerialAsync(cluster.Silos[0], own);
        authority.Issue("silo");
        Assert.NotEqual(before, await SerialAsync(cluster.Silos[0], own));
        await cluster.Silos[1].KillAsync();
        cluster.Silos[1].Start();
        await RunProgress.UntilAsync(cluster, Run, s => s.Stages.Count == 2 && s.Generation > status.Generation && s.Step > status.Step);

        await Lisa(0, ["pause", Run, .. cluster.Connection], "");
        await undisturbed.AssertEqualWhenPausedAsync(cluster, Run);

        async Task Lisa(int exit, string[] arguments, string says)
        {
            var (code, output) = await TestCluster.LisaAsync(folder.Root, arguments);
            Assert.True(code == exit, output);
            Assert.Contains(says, output, StringComparison.Ordinal);
            var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (exit == 2) Assert.StartsWith("lisa: ", Assert.Single(lines), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Page_commands_make_certificates_that_can_be_used()
    {
        using var folder = new TempFolder();
        var page = await File.ReadAllTextAsync(Path.Combine(Executables.Repository, "docs", "tls.md"), Token);
        var commands = page.Split("```bash\n")[1].Split("```")[0].Replace("10.0.0.5", "127.0.0.1", StringComparison.Ordinal);
        await using var bash = ServerProcess.Start("/bin/bash", ["-ec", $"cd '{folder.Root}'\n{commands}"], folder["openssl.log"]);
        Assert.True(await bash.ExitAsync(TimeSpan.FromMinutes(1)) == 0, await File.ReadAllTextAsync(folder["openssl.log"], Token));
        var files = new ClusterTlsOptions { CertificateFile = folder["silo.pem"], KeyFile = folder["silo.key"], AuthorityFile = folder["ca.pem"] };
        var (code, output) = await TestCluster.LisaAsync(folder.Root, ["doctor", .. TestCluster.Certificate(files), "--log-format", "json"]);
        Assert.True(code == 0, output);
        Assert.Contains("{\"subject\":\"tls\",\"verdict\":\"ok\",\"finding\":\"CN=lisa silos, valid until ", output, StringComparison.Ordinal);
    }

    private static async Task<string> SerialAsync(SiloProcess silo, ClusterTlsOptions own)
    {
        using var certificate = X509Certificate2.CreateFromPemFile(own.CertificateFile, own.KeyFile);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPEndPoint.Parse(silo.Address), Token);
        await using var tls = new SslStream(new NetworkStream(socket));
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "127.0.0.1",
                ClientCertificates = [certificate],
                ApplicationProtocols = [new SslApplicationProtocol("lisa-probe")],
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
            },
            Token);
        return tls.RemoteCertificate!.GetSerialNumberString();
    }
}
