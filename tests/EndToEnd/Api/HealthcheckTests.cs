using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using LisaOrleans.Api;

namespace LisaOrleans.EndToEnd;

/// <summary>What an image's HEALTHCHECK runs.</summary>
public sealed class HealthcheckTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Lisa_healthcheck_silo_that_is_ready_is_healthy_with_and_without_tls(bool tls)
    {
        using var folder = new TempFolder();
        await using var server = await ApiServer.StartAsync(change: o => tls ? o with { Certificate = Certificate(folder) } : o);
        await Until.True(async () => await ExitCodeAsync(server.Address.Port) == 0);
        Assert.NotEqual(0, await ExitCodeAsync(port: 1));
    }

    private static ServerCertificate Certificate(TempFolder folder)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=silo", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(folder["silo.pem"], certificate.ExportCertificatePem());
        File.WriteAllText(folder["silo.key"], key.ExportPkcs8PrivateKeyPem());
        return new ServerCertificate(folder["silo.pem"], folder["silo.key"]);
    }

    private static async Task<int> ExitCodeAsync(int port)
    {
        var script = Path.Combine(Repository.Root, "deploy", "docker", "lisa-healthcheck");
        using var process = Process.Start(new ProcessStartInfo("bash", [script])
        {
            Environment = { ["LISA_HTTP_PORT"] = $"{port}" },
            RedirectStandardError = true,
        })!;
        await process.WaitForExitAsync(Token);
        return process.ExitCode;
    }
}
